import StewardCompute

extension Tape {
    /// e^x / sum e^x along the last dimension.
    public func softmax(_ x: Tensor) throws(ComputeError) -> Tensor {
        let out = try make(x.shape, needsGradient: x.needsGradient)
        let (from, to, extent) = (x.cells, out.cells, x.extent)
        try emit { (kernels) throws(ComputeError) in try kernels.softmax(from, to, extent) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: x) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in try kernels.softmaxBackward(to, dy, cells, extent) }
            }
        }
        return out
    }

    /// Brings each row to mean 0 and variance 1, then times weight plus bias.
    public func layerNorm(
        _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float = 1e-5
    ) throws(ComputeError) -> Tensor {
        let extent = x.extent
        try require(
            weight.shape == [extent.columns] && bias.shape == [extent.columns],
            "Weight \(weight.shape) and bias \(bias.shape) of a layer norm of \(x.shape) must be [\(extent.columns)].")
        let needs = x.needsGradient || weight.needsGradient || bias.needsGradient
        let out = try make(x.shape, needsGradient: needs)
        let moments = try keep(2 * extent.rows)
        let (from, to, scale, shift) = (x.cells, out.cells, weight.cells, bias.cells)
        try emit { (kernels) throws(ComputeError) in
            try kernels.layerNorm(
                from, weight: scale, bias: shift, to, moments: moments, epsilon: epsilon, extent)
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try layerNormParameters(x, moments, dy, weight: weight, bias: bias)
            try target(for: x) { (cells, accumulates) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.layerNormBackward(
                        from, weight: scale, moments: moments, dy, cells, extent, accumulate: accumulates)
                }
            }
        }
        return out
    }

    private func layerNormParameters(
        _ x: Tensor, _ moments: Cells<Float>, _ dy: Cells<Float>, weight: Tensor, bias: Tensor
    ) throws(ComputeError) {
        guard weight.needsGradient || bias.needsGradient else { return }
        let (from, extent) = (x.cells, x.extent)
        try withScratch(2 * extent.columns) { (scratch) throws(ComputeError) in
            let (dweight, dbias) = (scratch.part(0, extent.columns), scratch.part(extent.columns, extent.columns))
            try emit { (kernels) throws(ComputeError) in
                try kernels.layerNormParameters(
                    from, moments: moments, dy, dweight: dweight, dbias: dbias, extent, accumulate: false)
            }
            for (tensor, part) in [(weight, dweight), (bias, dbias)] {
                try target(for: tensor) { (cells, accumulates) throws(ComputeError) in
                    try emit { (kernels) throws(ComputeError) in
                        try kernels.scale(part, by: 1, cells, accumulate: accumulates)
                    }
                }
            }
        }
    }

    /// The mean over the rows of -log softmax(logits)[target].
    public func crossEntropy(_ logits: Tensor, _ targets: Indices) throws(ComputeError) -> Tensor {
        let extent = logits.extent
        try require(
            targets.count == extent.rows && targets.limit <= extent.columns,
            "\(targets.count) targets below \(targets.limit) don't fit logits of \(logits.shape).")
        let out = try make([], needsGradient: logits.needsGradient)
        let (losses, slope) = (try keep(extent.rows), try keep(logits.shape.count))
        let (from, classes, to) = (logits.cells, targets.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in
            try kernels.crossEntropy(from, classes, losses: losses, gradient: slope, extent)
            try kernels.sum(losses, factor: 1 / Float(extent.rows), to)
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: logits) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in try kernels.scale(slope, byCell: dy, cells) }
            }
        }
        return out
    }

    /// The rows of a table [entries, columns] that `indices` name: [indices, columns].
    public func embed(_ indices: Indices, table: Tensor) throws(ComputeError) -> Tensor {
        try require(
            table.shape.rank == 2 && indices.limit <= table.shape.dimensions[0],
            "Indices below \(indices.limit) don't fit a table of \(table.shape).")
        let columns = table.shape.dimensions[1]
        let out = try make([indices.count, columns], needsGradient: table.needsGradient)
        let (rows, places, to) = (table.cells, indices.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.embed(rows, places, to, columns: columns) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try target(for: table) { (cells, accumulates) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.embedBackward(dy, places, cells, columns: columns, accumulate: accumulates)
                }
            }
        }
        return out
    }

    /// Attention of `heads` heads: qkv is [batch, length, 3 width] with queries, keys and values side by side.
    public func attention(_ qkv: Tensor, heads: Int, isCausal: Bool = true) throws(ComputeError) -> Tensor {
        let size = qkv.shape.dimensions
        try require(
            size.count == 3 && heads > 0 && size[2] % (3 * heads) == 0,
            "\(heads) heads can't share \(qkv.shape): it is [batch, length, 3 width], the width a multiple of heads.")
        let shape = AttentionShape(
            batch: size[0], length: size[1], heads: heads, width: size[2] / 3, isCausal: isCausal)
        let out = try make([size[0], size[1], shape.width], needsGradient: qkv.needsGradient)
        let weights = try keep(shape.batch * heads * shape.length * shape.length)
        let (from, to) = (qkv.cells, out.cells)
        let workspace = device.kernels.attentionWorkspace(shape)
        try withScratch(workspace) { (scratch) throws(ComputeError) in
            try emit { (kernels) throws(ComputeError) in
                try kernels.attend(shape, from, weights: weights, to, workspace: scratch)
            }
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: qkv) { (cells) throws(ComputeError) in
                try withScratch(workspace) { (scratch) throws(ComputeError) in
                    try emit { (kernels) throws(ComputeError) in
                        try kernels.attendBackward(shape, from, weights: weights, dy, cells, workspace: scratch)
                    }
                }
            }
        }
        return out
    }
}
