import StewardCompute

extension CUDAKernels {
    package func sumRows(_ x: Cells<Float>, _ out: Cells<Float>, accumulate: Bool) throws(ComputeError) {
        let extent = Extent(rows: x.count / out.count, columns: out.count)
        try launch("sum_rows", columnsOf: extent, x, out, accumulate.c)
    }

    package func softmax(_ x: Cells<Float>, _ y: Cells<Float>, _ extent: Extent) throws(ComputeError) {
        try softmax(x, y, extent, period: 0)
    }

    /// Where `period` isn't 0, row r sees its first r % period + 1 columns.
    private func softmax(
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
        try launch("layer_norm_parameters", columnsOf: extent, x, moments, dy, dweight, dbias, accumulate.c)
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
        let entries = Extent(rows: dtable.count / columns, columns: columns)
        try launch("embed_backward", entries, dy, indices, dtable, accumulate.c, Int32(indices.count))
    }

    /// Queries, keys, values and results by head; their gradients; the weights' gradient.
    package func attentionWorkspace(_ shape: AttentionShape) -> Int { 7 * shape.cells + shape.pairs }

    package func attend(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ out: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        let heads = workspace.part(0, 3 * shape.cells)
        let result = workspace.part(3 * shape.cells, shape.cells)
        try split(qkv, heads, shape, parts: 3)
        try multiply(
            shape.scores(of: heads.part(0, shape.cells), heads.part(shape.cells, shape.cells), weights, shape.scale))
        try softmax(
            weights, weights, Extent(rows: shape.pairs / shape.length, columns: shape.length),
            period: shape.isCausal ? shape.length : 0)
        try multiply(shape.mixture(of: weights, heads.part(2 * shape.cells, shape.cells), result, 1))
        try merge(result, out, shape, parts: 1)
    }

    package func attendBackward(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ dout: Cells<Float>,
        _ dqkv: Cells<Float>, workspace: Cells<Float>
    ) throws(ComputeError) {
        let cells = shape.cells
        func part(_ number: Int) -> Cells<Float> { workspace.part(number * cells, cells) }
        let (q, k, v, dresult) = (part(0), part(1), part(2), part(3))
        let dweights = workspace.part(7 * cells, shape.pairs)
        try split(qkv, workspace.part(0, 3 * cells), shape, parts: 3)
        try split(dout, dresult, shape, parts: 1)
        try multiply(shape.scores(of: dresult, v, dweights, 1))
        let extent = Extent(rows: shape.pairs / shape.length, columns: shape.length)
        try softmaxBackward(weights, dweights, dweights, extent)
        try multiply(shape.mixture(of: dweights, k, part(4), shape.scale))
        try multiply(shape.mixture(of: dweights, q, part(5), shape.scale, transposed: true))
        try multiply(shape.mixture(of: weights, dresult, part(6), 1, transposed: true))
        try merge(workspace.part(4 * cells, 3 * cells), dqkv, shape, parts: 3)
    }

    private func split(
        _ x: Cells<Float>, _ heads: Cells<Float>, _ shape: AttentionShape, parts: Int
    ) throws(ComputeError) {
        try launch(
            "split_heads", cells: parts * shape.cells, x, heads, Int32(shape.batch), Int32(shape.length),
            Int32(shape.heads), Int32(shape.headSize), Int32(parts))
    }

    private func merge(
        _ heads: Cells<Float>, _ x: Cells<Float>, _ shape: AttentionShape, parts: Int
    ) throws(ComputeError) {
        try launch(
            "merge_heads", cells: parts * shape.cells, heads, x, Int32(shape.batch), Int32(shape.length),
            Int32(shape.heads), Int32(shape.headSize), Int32(parts))
    }
}

extension AttentionShape {
    /// Cells of the queries, and pairs of places over all heads.
    fileprivate var cells: Int { batch * length * width }
    fileprivate var pairs: Int { batch * heads * length * length }
    fileprivate var scale: Float { 1 / Float(headSize).squareRoot() }

    /// [length, length] = factor a b^T for each head.
    fileprivate func scores(
        of a: Cells<Float>, _ b: Cells<Float>, _ out: Cells<Float>, _ factor: Float
    ) -> MatrixProduct {
        var product = MatrixProduct(
            m: length, n: length, k: headSize, a: a.address, b: b.address, c: out.address, transposeB: true)
        product.alpha = factor
        return batched(product, length * headSize, length * headSize, length * length)
    }

    /// [length, size] = factor pairs x, or factor pairs^T x, for each head.
    fileprivate func mixture(
        of pairs: Cells<Float>, _ x: Cells<Float>, _ out: Cells<Float>, _ factor: Float, transposed: Bool = false
    ) -> MatrixProduct {
        var product = MatrixProduct(
            m: length, n: headSize, k: length, a: pairs.address, b: x.address, c: out.address, transposeA: transposed)
        product.alpha = factor
        return batched(product, length * length, length * headSize, length * headSize)
    }

    private func batched(_ product: MatrixProduct, _ a: Int, _ b: Int, _ c: Int) -> MatrixProduct {
        var product = product
        product.batch = batch * heads
        (product.batchStrideA, product.batchStrideB, product.batchStrideC) = (a, b, c)
        return product
    }
}
