import StewardCompute

/// Attention as batched products. Queries, keys and values are read where they lie, side by side in the rows of `qkv`,
/// and results are written where they belong: nothing is moved between.
extension CUDAKernels {
    /// The weights' gradient.
    package func attentionWorkspace(_ shape: AttentionShape) -> Int { shape.pairs }

    package func attend(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ out: Cells<Float>,
        workspace: Cells<Float>
    ) throws(ComputeError) {
        let (queries, keys, values) = (shape.third(0, of: qkv), shape.third(1, of: qkv), shape.third(2, of: qkv))
        let pairs = shape.pairs(weights)
        try multiply(shape, queries, keys, pairs, transposeB: true, factor: shape.scale)
        try softmax(weights, weights, shape.rows, period: shape.isCausal ? shape.length : 0)
        try multiply(shape, pairs, values, shape.whole(out))
    }

    package func attendBackward(
        _ shape: AttentionShape, _ qkv: Cells<Float>, weights: Cells<Float>, _ dout: Cells<Float>,
        _ dqkv: Cells<Float>, workspace: Cells<Float>
    ) throws(ComputeError) {
        let (pairs, slope) = (shape.pairs(weights), shape.whole(dout))
        let slopes = workspace.part(0, shape.pairs)
        try multiply(shape, slope, shape.third(2, of: qkv), shape.pairs(slopes), transposeB: true)
        try softmaxBackward(weights, slopes, slopes, shape.rows)
        let (queries, keys) = (shape.third(0, of: qkv), shape.third(1, of: qkv))
        try multiply(shape, shape.pairs(slopes), keys, shape.third(0, of: dqkv), factor: shape.scale)
        try multiply(
            shape, shape.pairs(slopes), queries, shape.third(1, of: dqkv), transposeA: true, factor: shape.scale)
        try multiply(shape, pairs, slope, shape.third(2, of: dqkv), transposeA: true)
    }

    /// One product for each head of each sequence. A call takes all sequences of one head, or all heads of one sequence:
    /// whichever needs fewer calls.
    private func multiply(
        _ shape: AttentionShape, _ a: HeadMatrices, _ b: HeadMatrices, _ c: HeadMatrices, transposeA: Bool = false,
        transposeB: Bool = false, factor: Float = 1
    ) throws(ComputeError) {
        let isByHead = shape.heads <= shape.batch
        for index in 0..<min(shape.heads, shape.batch) {
            let (head, sequence) = isByHead ? (index, 0) : (0, index)
            var product = MatrixProduct(
                m: c.rows, n: c.columns, k: transposeA ? a.rows : a.columns, a: a.address(head, sequence),
                b: b.address(head, sequence), c: c.address(head, sequence), transposeA: transposeA,
                transposeB: transposeB)
            (product.strideA, product.strideB, product.strideC) = (a.pitch, b.pitch, c.pitch)
            product.alpha = factor
            product.batch = isByHead ? shape.batch : shape.heads
            product.batchStrideA = isByHead ? a.perSequence : a.perHead
            product.batchStrideB = isByHead ? b.perSequence : b.perHead
            product.batchStrideC = isByHead ? c.perSequence : c.perHead
            try multiply(product)
        }
    }
}

/// A matrix for each head of each sequence.
private struct HeadMatrices {
    let rows: Int
    let columns: Int
    /// The address of the first cell of the first one.
    let start: UInt64
    /// Cells from one row to the next, from one head's matrix to the next, from one sequence's to the next.
    let pitch: Int
    let perHead: Int
    let perSequence: Int

    func address(_ head: Int, _ sequence: Int) -> UInt64 {
        start + UInt64((head * perHead + sequence * perSequence) * MemoryLayout<Float>.stride)
    }
}

extension AttentionShape {
    /// Pairs of places over all heads.
    fileprivate var pairs: Int { batch * heads * length * length }
    fileprivate var rows: Extent { Extent(rows: batch * heads * length, columns: length) }
    fileprivate var scale: Float { 1 / Float(headSize).squareRoot() }

    /// Queries (0), keys (1) or values (2) in cells of [batch, length, 3 width].
    fileprivate func third(_ number: Int, of x: Cells<Float>) -> HeadMatrices {
        HeadMatrices(
            rows: length, columns: headSize, start: x.part(number * width, width).address, pitch: 3 * width,
            perHead: headSize, perSequence: length * 3 * width)
    }

    /// Cells of [batch, length, width].
    fileprivate func whole(_ x: Cells<Float>) -> HeadMatrices {
        HeadMatrices(
            rows: length, columns: headSize, start: x.address, pitch: width, perHead: headSize,
            perSequence: length * width)
    }

    /// Cells of [batch, heads, length, length].
    fileprivate func pairs(_ x: Cells<Float>) -> HeadMatrices {
        HeadMatrices(
            rows: length, columns: length, start: x.address, pitch: length, perHead: length * length,
            perSequence: heads * length * length)
    }
}
