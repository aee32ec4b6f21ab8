import StewardCompute

extension Tape {
    /// x times the transposed weight, plus bias: x is [..., in], weight [out, in], bias [out], as in PyTorch's Linear.
    public func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) throws(ComputeError) -> Tensor {
        let (rows, inputs) = (x.extent.rows, x.extent.columns)
        try require(
            weight.shape.rank == 2 && weight.shape.dimensions[1] == inputs,
            "A linear layer of weight \(weight.shape) takes \(weight.shape.dimensions.last ?? 0) columns; "
                + "\(x.shape) has \(inputs).")
        let outputs = weight.shape.dimensions[0]
        try require(bias == nil || bias?.shape == [outputs], "The bias must be [\(outputs)].")
        let needs = x.needsGradient || weight.needsGradient || bias?.needsGradient == true
        let out = try make(Shape(x.shape.dimensions.dropLast() + [outputs]), needsGradient: needs)
        let forward = MatrixProduct(
            m: rows, n: outputs, k: inputs, a: x.cells.address, b: weight.cells.address, c: out.cells.address,
            transposeB: true)
        let (y, row) = (out.cells, bias?.cells)
        try emit(forward, keeping: x, weight, out)
        if let row { try emit { (kernels) throws(ComputeError) in try kernels.addRow(y, row, y) } }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            if let bias {
                try target(for: bias) { (cells, accumulates) throws(ComputeError) in
                    try emit { (kernels) throws(ComputeError) in
                        try kernels.sumRows(dy, cells, accumulate: accumulates)
                    }
                }
            }
            try target(for: weight) { (cells, accumulates) throws(ComputeError) in
                var product = MatrixProduct(
                    m: outputs, n: inputs, k: rows, a: dy.address, b: x.cells.address, c: cells.address,
                    transposeA: true)
                product.beta = accumulates ? 1 : 0
                try emit(product, keeping: out, x)
            }
            try target(for: x) { (cells, accumulates) throws(ComputeError) in
                var product = MatrixProduct(
                    m: rows, n: inputs, k: outputs, a: dy.address, b: weight.cells.address, c: cells.address)
                product.beta = accumulates ? 1 : 0
                try emit(product, keeping: out, weight)
            }
        }
        return out
    }

    /// The product of two matrices, or of two equally long batches of them ([batch, rows, columns]).
    public func matmul(_ a: Tensor, _ b: Tensor) throws(ComputeError) -> Tensor {
        let (left, right) = (a.shape.dimensions, b.shape.dimensions)
        let isBatch = left.count == 3
        try require(
            left.count == right.count && (left.count == 2 || isBatch && left[0] == right[0])
                && left.last == right[right.count - 2],
            "\(a.shape) and \(b.shape) can't be multiplied: the columns of the first must be the rows of the second.")
        let (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
        let batch = isBatch ? left[0] : 1
        let out = try make(Shape(left.dropLast() + [n]), needsGradient: a.needsGradient || b.needsGradient)
        func batched(_ product: MatrixProduct) -> MatrixProduct {
            var product = product
            product.batch = batch
            product.batchStrideA = product.m * product.k
            product.batchStrideB = product.k * product.n
            product.batchStrideC = product.m * product.n
            return product
        }
        let (x, y, z) = (a.cells.address, b.cells.address, out.cells.address)
        try emit(batched(MatrixProduct(m: m, n: n, k: k, a: x, b: y, c: z)), keeping: a, b, out)
        note(out) { [unowned self] () throws(ComputeError) in
            let dz = gradient(of: out).address
            try target(for: a) { (cells, accumulates) throws(ComputeError) in
                var product = batched(MatrixProduct(m: m, n: k, k: n, a: dz, b: y, c: cells.address, transposeB: true))
                product.beta = accumulates ? 1 : 0
                try emit(product, keeping: out, b)
            }
            try target(for: b) { (cells, accumulates) throws(ComputeError) in
                var product = batched(MatrixProduct(m: k, n: n, k: m, a: x, b: dz, c: cells.address, transposeA: true))
                product.beta = accumulates ? 1 : 0
                try emit(product, keeping: out, a)
            }
        }
        return out
    }

    /// Queues a product; the tensors' memory lives as long as the plan.
    private func emit(_ product: MatrixProduct, keeping tensors: Tensor...) throws(ComputeError) {
        let kept = tensors.map(\.cells) + tensors.compactMap { $0.gradient?.cells }
        try emit { (kernels) throws(ComputeError) in
            try withExtendedLifetimeTyped(kept) { () throws(ComputeError) in try kernels.multiply(product) }
        }
    }
}

/// `withExtendedLifetime` with a typed error.
private func withExtendedLifetimeTyped<Kept>(
    _ kept: Kept, _ body: () throws(ComputeError) -> Void
) throws(ComputeError) {
    defer { withExtendedLifetime(kept) {} }
    try body()
}
