import StewardCompute

/// One tensor that training changes: its name in checkpoints, its shape, how it begins.
public final class Parameter {
    /// As in the model: `h.0.attn.c_attn.weight`.
    public let name: String
    /// Its dimensions.
    public let shape: Shape
    /// Whether weight decay applies.
    public let decays: Bool
    /// Its first values.
    public let start: Start
    private var placed: Tensor?

    /// First values.
    public enum Start: Hashable, Sendable {
        /// Every cell this number.
        case constant(Float)
        /// Normally distributed around 0.
        case normal(deviation: Float)
        /// Evenly between minus the bound and the bound.
        case uniform(bound: Float)
    }

    /// A parameter without memory; ``ParameterSet`` gives it some.
    public init(_ name: String, _ shape: Shape, start: Start, decays: Bool) {
        self.name = name
        self.shape = shape
        self.start = start
        self.decays = decays
    }

    /// The values on the device. The parameter must be part of a ``ParameterSet``.
    public var tensor: Tensor {
        guard let placed else { preconditionFailure("\(name) is in no ParameterSet") }
        return placed
    }

    func place(_ tensor: Tensor) { placed = tensor }
}

/// What has parameters and can be part of a model.
public protocol Module {
    /// All of them, each once.
    var parameters: [Parameter] { get }
}

/// The parameters of a model in one piece of memory, and their gradients in another: an optimiser, the norm of the
/// gradient and a checkpoint each take one pass.
public final class ParameterSet {
    /// In the order of the model.
    public let parameters: [Parameter]
    package let values: Cells<Float>
    package let gradients: Cells<Float>
    /// The first cells are those that decay.
    package let decayingCells: Int
    package let places: [(offset: Int, count: Int)]
    package let device: TensorDevice

    /// Places the parameters of a model on the device and gives them their first values, which follow from the seed.
    public convenience init(_ parameters: [Parameter], on device: TensorDevice, seed: UInt64) throws(ComputeError) {
        try self.init(parameters, on: device) { $1.firstValues(seed: seed, stream: UInt64($0)) }
    }

    /// The same with values of one's own, by the parameter's number.
    init(
        _ parameters: [Parameter], on device: TensorDevice, values firstValues: (Int, Parameter) -> [Float]
    ) throws(ComputeError) {
        self.parameters = parameters
        self.device = device
        var (offset, places) = (0, [(offset: Int, count: Int)](repeating: (0, 0), count: parameters.count))
        var decaying = 0
        for decays in [true, false] {
            for (index, parameter) in parameters.enumerated() where parameter.decays == decays {
                places[index] = (offset, parameter.shape.count)
                offset += (parameter.shape.count + 15) / 16 * 16
            }
            if decays { decaying = offset }
        }
        self.places = places
        decayingCells = decaying
        values = try Cells(offset, on: device.device)
        gradients = try Cells(offset, on: device.device)
        try device.kernels.fill(values, 0)
        try device.kernels.fill(gradients, 0)
        for (index, parameter) in parameters.enumerated() {
            let (offset, count) = places[index]
            parameter.place(
                Tensor(
                    parameter: parameter.shape, cells: values.part(offset, count),
                    gradient: gradients.part(offset, count)))
            try device.kernels.write(
                firstValues(index, parameter), to: values.part(offset, count))
        }
    }

    /// How many numbers the model has.
    public var count: Int { parameters.reduce(0) { $0 + $1.shape.count } }

    /// Has a tape set the gradients of all parameters.
    public func watch(on tape: Tape) { tape.watch(parameters.map(\.tensor)) }

    /// Copies of the values, parameter by parameter.
    public func read() throws(ComputeError) -> [[Float]] { try split(device.kernels.read(values)) }

    package func split(_ cells: [Float]) -> [[Float]] { places.map { Array(cells[$0.offset..<$0.offset + $0.count]) } }

    package func join(_ values: [[Float]]) -> [Float] {
        var cells = [Float](repeating: 0, count: self.values.count)
        for (place, part) in zip(places, values) {
            cells.replaceSubrange(place.offset..<place.offset + place.count, with: part)
        }
        return cells
    }

    /// Replaces the values.
    public func write(_ values: [[Float]]) throws(ComputeError) {
        try device.kernels.write(join(values), to: self.values)
    }
}

extension Parameter {
    func firstValues(seed: UInt64, stream: UInt64) -> [Float] {
        var randomness = Randomness(seed: seed, stream: stream)
        switch start {
        case .constant(let value): return [Float](repeating: value, count: shape.count)
        case .normal(let deviation): return (0..<shape.count).map { _ in Float(randomness.normal()) * deviation }
        case .uniform(let bound):
            return (0..<shape.count).map { _ in Float(randomness.uniform() * 2 - 1) * bound }
        }
    }
}
