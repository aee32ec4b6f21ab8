import StewardCompute

/// Linear layers with ReLU between them.
public struct MLP: Module {
    /// `layers.0`, `layers.1`, ...
    public let layers: [Linear]

    /// For the widths 784, 512, 10: two layers.
    public init(widths: [Int]) {
        layers = zip(widths, widths.dropFirst()).enumerated().map { index, pair in
            Linear("layers.\(index)", inputs: pair.0, outputs: pair.1)
        }
    }

    /// All of them, each once.
    public var parameters: [Parameter] { layers.flatMap(\.parameters) }

    /// [batch, first width] to [batch, last width]
    public func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
        var x = x
        for (index, layer) in layers.enumerated() {
            x = try layer(x, tape)
            if index + 1 < layers.count { x = try tape.activate(x, .relu) }
        }
        return x
    }
}

/// Two convolutions of 3 x 3 with ReLU and pooling, then a linear layer.
public struct CNN: Module {
    /// `conv1`
    public let first: Conv2D
    /// `conv2`
    public let second: Conv2D
    /// `fc`
    public let last: Linear
    private let features: Int

    /// For images of one channel with `side` x `side` cells.
    public init(side: Int = 28, channels: (Int, Int) = (16, 32), classes: Int = 10) {
        first = Conv2D("conv1", channels: 1, outChannels: channels.0, kernel: 3, padding: 1)
        second = Conv2D("conv2", channels: channels.0, outChannels: channels.1, kernel: 3, padding: 1)
        features = channels.1 * (side / 4) * (side / 4)
        last = Linear("fc", inputs: features, outputs: classes)
    }

    /// All of them, each once.
    public var parameters: [Parameter] { first.parameters + second.parameters + last.parameters }

    /// [batch, 1, side, side] to [batch, classes]
    public func callAsFunction(_ x: Tensor, _ tape: Tape) throws(ComputeError) -> Tensor {
        var x = x
        for layer in [first, second] {
            x = try tape.maxPool2D(tape.activate(layer(x, tape), .relu), kernel: 2)
        }
        return try last(tape.reshape(x, [x.shape.dimensions[0], features]), tape)
    }
}
