import StewardCompute

/// What the loop trains: a model with its data.
protocol TrainingTask: AnyObject {
    var set: ParameterSet { get }
    /// Characters or images a step.
    var itemsPerStep: Int { get }
    /// A sentence about model and data.
    var summary: String { get }
    /// What a checkpoint must have been trained with to be gone on from.
    var identity: [String: String] { get }
    /// Puts the data of a step (from 0) into the inputs; they follow from the seed and the number alone.
    func prepare(step: Int) throws(ComputeError)
    /// The loss of the inputs.
    func loss(_ tape: Tape) throws(ComputeError) -> Tensor
    /// Nil without data to judge by, and when it was cancelled.
    func validate(_ isCancelled: () -> Bool) throws(ComputeError) -> Validation?
    /// Text that the model writes, as far as it came when it was cancelled; nil if it can't.
    func sample(step: Int, _ isCancelled: () -> Bool) throws(ComputeError) -> String?
}

/// What a validation found.
struct Validation {
    var loss: Double
    var accuracy: Double?
}

/// Streams of random numbers, so that none is drawn from twice.
enum RandomStream {
    static let batches: UInt64 = 1 << 40
    static let validation: UInt64 = 2 << 40
    static let samples: UInt64 = 3 << 40
}

/// A forward pass that is judged by, recorded once.
final class EvaluationPlan {
    private let plan: Plan
    private let result: Cells<Float>
    private let device: TensorDevice

    /// Records `body` on this device; what it returns can be read after each run.
    init(_ device: TensorDevice, _ body: (Tape) throws(ComputeError) -> Tensor) throws(ComputeError) {
        self.device = device
        let tape = Tape(device, differentiates: false, isTraining: false)
        let output = try body(tape)
        let (from, to) = (output.cells, try Cells<Float>(output.shape.count, on: device.device))
        try tape.emit { (kernels) throws(ComputeError) in try kernels.copy(from, to: to) }
        result = to
        plan = tape.plan()
    }

    func run() throws(ComputeError) -> [Float] {
        try plan.run()
        return try device.kernels.read(result)
    }
}
