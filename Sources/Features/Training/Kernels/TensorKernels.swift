import StewardCompute

/// What a convolution runs over. Images are [batch, channels, height, width], weights [outChannels, channels, kernel,
/// kernel].
package struct ConvolutionShape: Hashable, Sendable {
    package var batch: Int
    package var channels: Int
    package var height: Int
    package var width: Int
    package var outChannels: Int
    package var kernel: Int
    package var stride: Int
    package var padding: Int
    package var outHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
    package var outWidth: Int { (width + 2 * padding - kernel) / stride + 1 }
    /// Cells of one patch, and places of one image.
    package var patch: Int { channels * kernel * kernel }
    package var places: Int { outHeight * outWidth }
}

/// What a pooling runs over: `planes` images of one channel.
package struct PoolingShape: Hashable, Sendable {
    package var planes: Int
    package var height: Int
    package var width: Int
    package var kernel: Int
    package var stride: Int
    package var outHeight: Int { (height - kernel) / stride + 1 }
    package var outWidth: Int { (width - kernel) / stride + 1 }
}

/// What attention runs over.
package struct AttentionShape: Hashable, Sendable {
    package var batch: Int
    package var length: Int
    package var heads: Int
    package var width: Int
    package var isCausal: Bool
    package var headSize: Int { width / heads }
}

/// Rows and columns of a matrix.
package struct Extent: Hashable, Sendable {
    package var rows: Int
    package var columns: Int
}

/// How cells of two tensors are combined.
package enum Combination: Int32, Sendable { case add, subtract, multiply }

/// The functions between layers.
public enum Activation: Int32, Sendable, Codable, CaseIterable {
    /// The larger of x and 0.
    case relu
    /// GELU with tanh, as GPT-2 has it: PyTorch's `approximate="tanh"`.
    case geluTanh
    /// GELU with the error function: PyTorch's default.
    case gelu
}

/// Settings of one update of parameters.
package enum UpdateRule: Hashable, Sendable {
    case sgd(momentum: Float, decay: Float)
    case adamw(beta1: Float, beta2: Float, epsilon: Float, decay: Float)
}

/// The primitive operations that tensors are made of; C kernels on the processor and CUDA C kernels implement them.
/// Work queues in order; ``read(_:)`` waits for it. Where `accumulate` is set the result is added to what is there.
package protocol TensorKernels: AnyObject {
    func fill(_ x: Cells<Float>, _ value: Float) throws(ComputeError)
    func copy(_ x: Cells<Float>, to y: Cells<Float>) throws(ComputeError)
    func write<Value: Element>(_ values: [Value], to x: Cells<Value>) throws(ComputeError)
    func read<Value: Element>(_ x: Cells<Value>) throws(ComputeError) -> [Value]

    func multiply(_ product: MatrixProduct) throws(ComputeError)
    func combine(_ how: Combination, _ a: Cells<Float>, _ b: Cells<Float>, _ out: Cells<Float>) throws(ComputeError)
    func scale(_ x: Cells<Float>, by factor: Float, _ y: Cells<Float>, accumulate: Bool) throws(ComputeError)
    /// y = factor[0] x
    func scale(_ x: Cells<Float>, byCell factor: Cells<Float>, _ y: Cells<Float>) throws(ComputeError)
    func activate(_ kind: Activation, _ x: Cells<Float>, _ y: Cells<Float>) throws(ComputeError)
    func activateBackward(
        _ kind: Activation, _ x: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>
    ) throws(ComputeError)
    func addRow(_ x: Cells<Float>, _ row: Cells<Float>, _ out: Cells<Float>) throws(ComputeError)
    /// out[c] = the sum of column c; as many columns as `out` has cells.
    func sumRows(_ x: Cells<Float>, _ out: Cells<Float>, accumulate: Bool) throws(ComputeError)

    func softmax(_ x: Cells<Float>, _ y: Cells<Float>, _ extent: Extent) throws(ComputeError)
    func softmaxBackward(
        _ y: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>, _ extent: Extent
    ) throws(ComputeError)
    /// `moments` gets the rows' means, then their 1 / standard deviation.
    func layerNorm(
        _ x: Cells<Float>, weight: Cells<Float>, bias: Cells<Float>, _ y: Cells<Float>, moments: Cells<Float>,
        epsilon: Float, _ extent: Extent
    ) throws(ComputeError)
    func layerNormBackward(
        _ x: Cells<Float>, weight: Cells<Float>, moments: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>,
        _ extent: Extent, accumulate: Bool
    ) throws(ComputeError)
    func layerNormParameters(
        _ x: Cells<Float>, moments: Cells<Float>, _ dy: Cells<Float>, dweight: Cells<Float>, dbias: Cells<Float>,
        _ extent: Extent, accumulate: Bool
    ) throws(ComputeError)
    /// A loss for each row, and the gradient of their mean by the logits.
    func crossEntropy(
        _ logits: Cells<Float>, _ targets: Cells<Int32>, losses: Cells<Float>, gradient: Cells<Float>, _ extent: Extent
    ) throws(ComputeError)

    func embed(
        _ table: Cells<Float>, _ indices: Cells<Int32>, _ out: Cells<Float>, columns: Int
    ) throws(ComputeError)
    func embedBackward(
        _ dy: Cells<Float>, _ indices: Cells<Int32>, _ dtable: Cells<Float>, columns: Int, accumulate: Bool
    ) throws(ComputeError)

    /// Cells of memory that the convolution needs beside its result.
    func convolutionWorkspace(_ shape: ConvolutionShape) -> Int
    func convolve(
        _ shape: ConvolutionShape, _ x: Cells<Float>, weight: Cells<Float>, bias: Cells<Float>?, _ y: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError)
    func convolveBackwardInput(
        _ shape: ConvolutionShape, _ dy: Cells<Float>, weight: Cells<Float>, _ dx: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError)
    func convolveBackwardWeight(
        _ shape: ConvolutionShape, _ x: Cells<Float>, _ dy: Cells<Float>, dweight: Cells<Float>, dbias: Cells<Float>?,
        workspace: Cells<Float>, accumulate: Bool
    ) throws(ComputeError)
    func maxPool(
        _ shape: PoolingShape, _ x: Cells<Float>, _ y: Cells<Float>, places: Cells<Int32>
    ) throws(ComputeError)
    func maxPoolBackward(
        _ shape: PoolingShape, _ dy: Cells<Float>, places: Cells<Int32>, _ dx: Cells<Float>
    ) throws(ComputeError)

    /// Cells of memory that attention needs beside its results.
    func attentionWorkspace(_ shape: AttentionShape) -> Int
    /// `weights` is [batch, heads, length, length].
    func attend(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ out: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError)
    func attendBackward(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ dout: Cells<Float>,
        _ dqkv: Cells<Float>, workspace: Cells<Float>
    ) throws(ComputeError)

    /// Which cells stay follows from the key's four words, the site and the cell's number.
    func dropout(
        _ x: Cells<Float>, _ y: Cells<Float>, probability: Float, site: UInt32, key: Cells<UInt32>
    ) throws(ComputeError)
    /// out[0] = factor times the sum.
    func sum(_ x: Cells<Float>, factor: Float, _ out: Cells<Float>) throws(ComputeError)
    func sumOfSquares(_ x: Cells<Float>, _ out: Cells<Float>) throws(ComputeError)
    /// clip[0] = the factor that brings a gradient with this sum of squares to at most `limit`; 1 without limit.
    func clip(_ sumOfSquares: Cells<Float>, limit: Float, _ clip: Cells<Float>) throws(ComputeError)
    /// `rates` holds the learning rate, 1 - beta1^t and sqrt(1 - beta2^t).
    func update(
        _ rule: UpdateRule, _ parameters: Cells<Float>, _ gradient: Cells<Float>, first: Cells<Float>,
        second: Cells<Float>, rates: Cells<Float>, clip: Cells<Float>
    ) throws(ComputeError)

    /// The four dimensions of x in the order `axes`.
    func permute(_ x: Cells<Float>, _ out: Cells<Float>, dimensions: [Int], axes: [Int]) throws(ComputeError)
    /// Copies the rows of a matrix with one pitch to one with another; the first cells are those given.
    func copyRows(
        _ x: Cells<Float>, pitch: Int, to y: Cells<Float>, pitch toPitch: Int, _ extent: Extent, accumulate: Bool
    ) throws(ComputeError)
}
