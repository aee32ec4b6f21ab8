import StewardCompute

extension CUDAKernels {
    package func fill(_ x: Cells<Float>, _ value: Float) throws(ComputeError) {
        try launch("fill", cells: x.count, x, value)
    }

    package func combine(
        _ how: Combination, _ a: Cells<Float>, _ b: Cells<Float>, _ out: Cells<Float>
    ) throws(ComputeError) {
        try launch("combine", cells: out.count, a, b, out, how.rawValue)
    }

    package func scale(
        _ x: Cells<Float>, by factor: Float, _ y: Cells<Float>, accumulate: Bool
    ) throws(ComputeError) {
        try launch("scale", cells: x.count, x, factor, y, accumulate.c)
    }

    package func scale(_ x: Cells<Float>, byCell factor: Cells<Float>, _ y: Cells<Float>) throws(ComputeError) {
        try launch("scale_by_cell", cells: x.count, x, factor, y)
    }

    package func activate(_ kind: Activation, _ x: Cells<Float>, _ y: Cells<Float>) throws(ComputeError) {
        try launch("activate", cells: x.count, x, y, kind.rawValue)
    }

    package func activateBackward(
        _ kind: Activation, _ x: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>
    ) throws(ComputeError) {
        try launch("activate_backward", cells: x.count, x, dy, dx, kind.rawValue)
    }

    package func addRow(_ x: Cells<Float>, _ row: Cells<Float>, _ out: Cells<Float>) throws(ComputeError) {
        try launch("add_row", cells: x.count, x, row, out, Int32(row.count))
    }

    package func dropout(
        _ x: Cells<Float>, _ y: Cells<Float>, probability: Float, site: UInt32, key: Cells<UInt32>
    ) throws(ComputeError) {
        let threads = (x.count + 3) / 4
        try launch(
            "dropout", grid: Dim3((threads + 255) / 256), block: 256, x, y, probability, site, key, Int64(x.count))
    }

    package func clip(_ sumOfSquares: Cells<Float>, limit: Float, _ clip: Cells<Float>) throws(ComputeError) {
        try launch("clip", grid: 1, block: 1, sumOfSquares, limit, clip)
    }

    package func update(
        _ rule: UpdateRule, _ parameters: Cells<Float>, _ gradient: Cells<Float>, first: Cells<Float>,
        second: Cells<Float>, rates: Cells<Float>, clip: Cells<Float>
    ) throws(ComputeError) {
        switch rule {
        case .sgd(let momentum, let decay):
            try launch(
                "sgd", cells: parameters.count, parameters, gradient, first, rates, clip, momentum, decay)
        case .adamw(let beta1, let beta2, let epsilon, let decay):
            try launch(
                "adamw", cells: parameters.count, parameters, gradient, first, second, rates, clip, beta1, beta2,
                epsilon, decay)
        }
    }

    package func permute(
        _ x: Cells<Float>, _ out: Cells<Float>, dimensions: [Int], axes: [Int]
    ) throws(ComputeError) {
        var strides = [1, 1, 1, 1]
        for axis in [2, 1, 0] { strides[axis] = strides[axis + 1] * dimensions[axis + 1] }
        let size = axes.map { Int32(dimensions[$0]) }
        let step = axes.map { Int64(strides[$0]) }
        try launch(
            "permute", cells: out.count, x, out, size[1], size[2], size[3], step[0], step[1], step[2], step[3])
    }

    package func copyRows(
        _ x: Cells<Float>, pitch: Int, to y: Cells<Float>, pitch toPitch: Int, _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        try launch(
            "copy_rows", cells: extent.rows * extent.columns, x, Int64(pitch), y, Int64(toPitch), accumulate.c,
            Int32(extent.columns))
    }
}
