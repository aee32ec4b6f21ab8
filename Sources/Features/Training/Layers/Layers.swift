import StewardCompute

/// x times weight transposed, plus bias; named and started as in PyTorch.
public struct Linear: Module {
    /// [outputs, inputs]
    public let weight: Parameter
    /// [outputs]
    public let bias: Parameter?

    /// With `start` nil both begin evenly between plus and minus 1 / sqrt(inputs).
    public init(_ name: String, inputs: Int, outputs: Int, hasBias: Bool = true, start: Parameter.Start? = nil) {
        let usual = Parameter.Start.uniform(bound: 1 / Float(inputs).squareRoot())
        weight = Parameter("\(name).weight", [outputs, inputs], start: start ?? usual, decays: true)
        bias =
            hasBias
            ? Parameter("\(name).bias", [outputs], start: start == nil ? usual : .constant(0), decays: false) : nil
    }

    /// All of them, each once.
    public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

    /// [..., inputs] to [..., outputs]
    public func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
        try tape.linear(x, weight: weight.tensor, bias: bias?.tensor)
    }
}

/// Convolution of images; named and started as in PyTorch.
public struct Conv2D: Module {
    /// [outChannels, channels, kernel, kernel]
    public let weight: Parameter
    /// [outChannels]
    public let bias: Parameter
    private let stride: Int
    private let padding: Int

    /// Weight and bias begin evenly between plus and minus 1 / sqrt(cells of a patch).
    public init(_ name: String, channels: Int, outChannels: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
        let start = Parameter.Start.uniform(bound: 1 / Float(channels * kernel * kernel).squareRoot())
        weight = Parameter("\(name).weight", [outChannels, channels, kernel, kernel], start: start, decays: true)
        bias = Parameter("\(name).bias", [outChannels], start: start, decays: false)
        self.stride = stride
        self.padding = padding
    }

    /// All of them, each once.
    public var parameters: [Parameter] { [weight, bias] }

    /// [batch, channels, height, width] to [batch, outChannels, outHeight, outWidth]
    public func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
        try tape.conv2D(x, weight: weight.tensor, bias: bias.tensor, stride: stride, padding: padding)
    }
}

/// Rows brought to mean 0 and variance 1, then scaled and shifted.
public struct LayerNorm: Module {
    /// Ones at first.
    public let weight: Parameter
    /// Zeros at first.
    public let bias: Parameter

    /// For rows of `width` cells.
    public init(_ name: String, width: Int) {
        weight = Parameter("\(name).weight", [width], start: .constant(1), decays: false)
        bias = Parameter("\(name).bias", [width], start: .constant(0), decays: false)
    }

    /// All of them, each once.
    public var parameters: [Parameter] { [weight, bias] }

    /// The same shape.
    public func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
        try tape.layerNorm(x, weight: weight.tensor, bias: bias.tensor)
    }
}

/// A row for each index.
public struct Embedding: Module {
    /// [entries, width]
    public let weight: Parameter

    /// Rows begin normally distributed.
    public init(_ name: String, entries: Int, width: Int, deviation: Float = 1) {
        weight = Parameter("\(name).weight", [entries, width], start: .normal(deviation: deviation), decays: true)
    }

    /// All of them, each once.
    public var parameters: [Parameter] { [weight] }

    /// [count] to [count, width]
    public func callAsFunction(_ indices: Indices, _ tape: Tape) throws(ComputeError) -> Tensor {
        try tape.embed(indices, table: weight.tensor)
    }
}

/// Sets a part of the cells to zero while training.
public struct Dropout {
    /// The part.
    public let probability: Float
    /// What the choice follows from.
    public let key: RandomKey

    /// A dropout of this part of the cells.
    public init(_ probability: Float, key: RandomKey) {
        self.probability = probability
        self.key = key
    }

    /// The same shape.
    public func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
        try tape.dropout(x, probability: probability, key: key)
    }
}
