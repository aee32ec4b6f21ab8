import StewardCompute

extension CUDAKernels {
    package func sumRows(_ x: Cells<Float>, _ out: Cells<Float>, accumulate: Bool) throws(ComputeError) {
        let extent = Extent(rows: x.count / out.count, columns: out.count)
        let parts = extent.parts
        guard parts > 1 else { return try addRows(x, out, extent, accumulate: accumulate) }
        let sums = try room(parts * extent.columns)
        try launch("sum_rows", columnsOf: extent, parts: parts, x, sums, false.c)
        try addRows(sums, out, Extent(rows: parts, columns: extent.columns), accumulate: accumulate)
    }

    /// The rows of `extent` added up by one block for each 32 columns.
    private func addRows(
        _ x: Cells<Float>, _ out: Cells<Float>, _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        try launch("sum_rows", columnsOf: extent, parts: 1, x, out, accumulate.c)
    }

    package func softmax(_ x: Cells<Float>, _ y: Cells<Float>, _ extent: Extent) throws(ComputeError) {
        try softmax(x, y, extent, period: 0)
    }

    /// Where `period` isn't 0, row r sees its first r % period + 1 columns.
    func softmax(
        _ x: Cells<Float>, _ y: Cells<Float>, _ extent: Extent, period: Int
    ) throws(ComputeError) {
        let shape = Dim3((extent.rows + 3) / 4)
        try launch(
            "softmax", grid: shape, block: Dim3(32, 4), x, y, Int32(extent.rows), Int32(extent.columns), Int32(period))
    }

    package func softmaxBackward(
        _ y: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>, _ extent: Extent
    ) throws(ComputeError) {
        try launch("softmax_backward", extent, y, dy, dx)
    }

    package func layerNorm(
        _ x: Cells<Float>, weight: Cells<Float>, bias: Cells<Float>, _ y: Cells<Float>, moments: Cells<Float>,
        epsilon: Float, _ extent: Extent
    ) throws(ComputeError) {
        try launch("layer_norm", extent, x, weight, bias, y, moments, epsilon)
    }

    package func layerNormBackward(
        _ x: Cells<Float>, weight: Cells<Float>, moments: Cells<Float>, _ dy: Cells<Float>, _ dx: Cells<Float>,
        _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        try launch("layer_norm_backward", extent, x, weight, moments, dy, dx, accumulate.c)
    }

    package func layerNormParameters(
        _ x: Cells<Float>, moments: Cells<Float>, _ dy: Cells<Float>, dweight: Cells<Float>, dbias: Cells<Float>,
        _ extent: Extent, accumulate: Bool
    ) throws(ComputeError) {
        let (parts, columns) = (extent.parts, extent.columns)
        guard parts > 1 else {
            return try launch(
                "layer_norm_parameters", columnsOf: extent, parts: 1, x, moments, dy, dweight, dbias, accumulate.c)
        }
        let sums = try room(2 * parts * columns)
        let (weights, biases) = (sums.part(0, parts * columns), sums.part(parts * columns, parts * columns))
        try launch(
            "layer_norm_parameters", columnsOf: extent, parts: parts, x, moments, dy, weights, biases, false.c)
        let rest = Extent(rows: parts, columns: columns)
        try addRows(weights, dweight, rest, accumulate: accumulate)
        try addRows(biases, dbias, rest, accumulate: accumulate)
    }

    package func crossEntropy(
        _ logits: Cells<Float>, _ targets: Cells<Int32>, losses: Cells<Float>, gradient: Cells<Float>, _ extent: Extent
    ) throws(ComputeError) {
        try launch("cross_entropy", extent, logits, targets, losses, gradient)
    }

    package func embed(
        _ table: Cells<Float>, _ indices: Cells<Int32>, _ out: Cells<Float>, columns: Int
    ) throws(ComputeError) {
        try launch("embed", Extent(rows: indices.count, columns: columns), table, indices, out)
    }

    package func embedBackward(
        _ dy: Cells<Float>, _ indices: Cells<Int32>, _ dtable: Cells<Float>, columns: Int, accumulate: Bool
    ) throws(ComputeError) {
        let (entries, count) = (dtable.count / columns, indices.count)
        // A part of 256 indices has few of the same, unless the tables of all parts would take too much memory.
        let parts = max(1, min(64, count / 256, Self.largestTables / max(1, dtable.count)))
        let into = parts > 1 ? try room(parts * dtable.count) : dtable
        try launch(
            "embed_backward", grid: Dim3((entries + 3) / 4, (columns + 31) / 32, parts), block: Dim3(32, 4), dy,
            indices, into, (accumulate && parts == 1).c, Int32(count), Int32(entries), Int32(columns))
        guard parts > 1 else { return }
        try addRows(into, dtable, Extent(rows: parts, columns: dtable.count), accumulate: accumulate)
    }

    /// Cells of the tables of all parts together.
    private static let largestTables = 4 << 20
}

extension Extent {
    /// How many parts the rows are added up in, so that a GPU has blocks for all its multiprocessors.
    fileprivate var parts: Int { max(1, min(64, rows / 128, 4096 / max(1, (columns + 31) / 32))) }
}
