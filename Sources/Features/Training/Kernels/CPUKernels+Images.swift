import CCompute
import StewardCompute

extension CPUKernels {
    package func convolutionWorkspace(_ shape: ConvolutionShape) -> Int { 0 }

    package func convolve(
        _ shape: ConvolutionShape, _ x: Cells<Float>, weight: Cells<Float>, bias: Cells<Float>?, _ y: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        var c = shape.c
        steward_tensor_convolve(&c, x.pointer, weight.pointer, bias?.pointer, y.pointer)
    }

    package func convolveBackwardInput(
        _ shape: ConvolutionShape, _ dy: Cells<Float>, weight: Cells<Float>, _ dx: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        var c = shape.c
        steward_tensor_convolve_backward_input(&c, dy.pointer, weight.pointer, dx.pointer)
    }

    package func convolveBackwardWeight(
        _ shape: ConvolutionShape, _ x: Cells<Float>, _ dy: Cells<Float>, dweight: Cells<Float>, dbias: Cells<Float>?,
        workspace: Cells<Float>, accumulate: Bool
    ) throws(ComputeError) {
        var c = shape.c
        steward_tensor_convolve_backward_weight(
            &c, x.pointer, dy.pointer, dweight.pointer, dbias?.pointer, accumulate ? 1 : 0)
    }

    package func maxPool(
        _ shape: PoolingShape, _ x: Cells<Float>, _ y: Cells<Float>, places: Cells<Int32>
    ) throws(ComputeError) {
        steward_tensor_max_pool(
            x.pointer, y.pointer, places.pointer, shape.planes, Int32(shape.height), Int32(shape.width),
            Int32(shape.kernel), Int32(shape.stride), Int32(shape.outHeight), Int32(shape.outWidth))
    }

    package func maxPoolBackward(
        _ shape: PoolingShape, _ dy: Cells<Float>, places: Cells<Int32>, _ dx: Cells<Float>
    ) throws(ComputeError) {
        steward_tensor_max_pool_backward(
            dy.pointer, places.pointer, dx.pointer, shape.planes, shape.height * shape.width,
            shape.outHeight * shape.outWidth)
    }
}

extension ConvolutionShape {
    fileprivate var c: steward_convolution {
        steward_convolution(
            batch: Int32(batch), channels: Int32(channels), height: Int32(height), width: Int32(width),
            out_channels: Int32(outChannels), kernel: Int32(kernel), stride: Int32(stride), padding: Int32(padding),
            out_height: Int32(outHeight), out_width: Int32(outWidth))
    }
}
