import StewardCompute

/// One step of training as a plan: forward, backward, update. It is worked out once, then runs again and again.
public final class TrainingStep {
    private let device: TensorDevice
    private let optimiser: Optimiser
    private let forward: (Tape) throws(ComputeError) -> Tensor
    private var plan: Plan?
    private var loss: Cells<Float>?

    /// `forward` makes the loss from inputs that stay in their places (``Indices``, ``Input``).
    public init(
        _ optimiser: Optimiser, on device: TensorDevice, _ forward: @escaping (Tape) throws(ComputeError) -> Tensor
    ) {
        self.device = device
        self.optimiser = optimiser
        self.forward = forward
    }

    /// Does a step at this learning rate and returns the loss before it.
    public func run(rate: Double) throws(ComputeError) -> Float {
        try optimiser.begin(rate: rate)
        if let plan { try plan.run() } else { try record() }
        return try device.kernels.read(loss!)[0]
    }

    private func record() throws(ComputeError) {
        let tape = Tape(device)
        optimiser.set.watch(on: tape)
        let loss = try forward(tape)
        let kept = try Cells<Float>(1, on: device.device)
        let value = loss.cells
        try tape.emit { (kernels) throws(ComputeError) in try kernels.copy(value, to: kept) }
        try tape.backward(from: loss)
        try optimiser.update(on: tape)
        self.loss = kept
        plan = tape.plan()
    }
}

/// Numbers that go into a plan and change from run to run.
public final class Input {
    /// Its dimensions.
    public let shape: Shape
    private let cells: Cells<Float>
    private let kernels: any TensorKernels

    /// Room for a tensor of this shape.
    public init(_ shape: Shape, on device: TensorDevice) throws(ComputeError) {
        self.shape = shape
        kernels = device.kernels
        cells = try Cells(shape.count, on: device.device)
        try kernels.fill(cells, 0)
    }

    /// Replaces all of it.
    public func write(_ values: [Float]) throws(ComputeError) {
        guard values.count == shape.count else {
            throw ComputeError(.bounds, "\(values.count) values are given where \(shape) has room for \(shape.count).")
        }
        try kernels.write(values, to: cells)
    }

    /// The input as a tensor.
    public var tensor: Tensor { Tensor(input: shape, cells: cells) }
}
