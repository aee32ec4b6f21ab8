import StewardCompute

extension CUDAKernels {
    /// All patches of the batch as one matrix, and the result by channel.
    package func convolutionWorkspace(_ shape: ConvolutionShape) -> Int {
        (shape.patch + shape.outChannels) * shape.batch * shape.places
    }

    package func convolve(
        _ shape: ConvolutionShape, _ x: Cells<Float>, weight: Cells<Float>, bias: Cells<Float>?, _ y: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        let (patches, byChannel) = parts(shape, workspace)
        try fold("unfold", shape, x, patches, count: patches.count)
        try multiply(
            MatrixProduct(
                m: shape.outChannels, n: shape.batch * shape.places, k: shape.patch, a: weight.address,
                b: patches.address, c: byChannel.address))
        try launch(
            "by_image", cells: y.count, byChannel, bias ?? weight, (bias != nil).c, y, Int32(shape.batch),
            Int32(shape.outChannels), Int32(shape.places))
    }

    package func convolveBackwardInput(
        _ shape: ConvolutionShape, _ dy: Cells<Float>, weight: Cells<Float>, _ dx: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        let (patches, byChannel) = parts(shape, workspace)
        try turn(shape, dy, byChannel)
        try multiply(
            MatrixProduct(
                m: shape.patch, n: shape.batch * shape.places, k: shape.outChannels, a: weight.address,
                b: byChannel.address, c: patches.address, transposeA: true))
        try fold("fold", shape, patches, dx, count: dx.count)
    }

    package func convolveBackwardWeight(
        _ shape: ConvolutionShape, _ x: Cells<Float>, _ dy: Cells<Float>, dweight: Cells<Float>, dbias: Cells<Float>?,
        workspace: Cells<Float>, accumulate: Bool
    ) throws(ComputeError) {
        let (patches, byChannel) = parts(shape, workspace)
        try fold("unfold", shape, x, patches, count: patches.count)
        try turn(shape, dy, byChannel)
        var product = MatrixProduct(
            m: shape.outChannels, n: shape.patch, k: shape.batch * shape.places, a: byChannel.address,
            b: patches.address, c: dweight.address, transposeB: true)
        product.beta = accumulate ? 1 : 0
        try multiply(product)
        guard let dbias else { return }
        try launch(
            "sum_columns", grid: Dim3(shape.outChannels), block: 256, byChannel, dbias, accumulate.c,
            Int32(shape.batch * shape.places))
    }

    private func parts(_ shape: ConvolutionShape, _ workspace: Cells<Float>) -> (Cells<Float>, Cells<Float>) {
        let places = shape.batch * shape.places
        return (
            workspace.part(0, shape.patch * places),
            workspace.part(shape.patch * places, shape.outChannels * places)
        )
    }

    private func turn(
        _ shape: ConvolutionShape, _ dy: Cells<Float>, _ byChannel: Cells<Float>
    ) throws(ComputeError) {
        try launch(
            "by_channel", cells: dy.count, dy, byChannel, Int32(shape.batch), Int32(shape.outChannels),
            Int32(shape.places))
    }

    private func fold(
        _ name: String, _ shape: ConvolutionShape, _ from: Cells<Float>, _ to: Cells<Float>, count: Int
    ) throws(ComputeError) {
        try launch(
            name, cells: count, from, to, Int32(shape.batch), Int32(shape.channels), Int32(shape.height),
            Int32(shape.width), Int32(shape.kernel), Int32(shape.stride), Int32(shape.padding),
            Int32(shape.outHeight), Int32(shape.outWidth))
    }

    package func maxPool(
        _ shape: PoolingShape, _ x: Cells<Float>, _ y: Cells<Float>, places: Cells<Int32>
    ) throws(ComputeError) {
        try launch(
            "max_pool", cells: y.count, x, y, places, Int32(shape.height), Int32(shape.width), Int32(shape.kernel),
            Int32(shape.stride), Int32(shape.outHeight), Int32(shape.outWidth))
    }

    package func maxPoolBackward(
        _ shape: PoolingShape, _ dy: Cells<Float>, places: Cells<Int32>, _ dx: Cells<Float>
    ) throws(ComputeError) {
        try launch(
            "max_pool_backward", cells: dx.count, dy, places, dx, Int32(shape.height), Int32(shape.width),
            Int32(shape.kernel), Int32(shape.stride), Int32(shape.outHeight), Int32(shape.outWidth))
    }
}
