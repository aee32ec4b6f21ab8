import StewardCompute

extension Tape {
    /// The same cells with other dimensions.
    public func reshape(_ x: Tensor, _ shape: Shape) throws(ComputeError) -> Tensor {
        try require(x.shape.count == shape.count, "\(x.shape) can't become \(shape): the number of cells differs.")
        let out = try view(x, as: shape)
        note(out) { [unowned self] () throws(ComputeError) in try pass(from: out, to: x) }
        return out
    }

    /// The dimensions in another order: `permute(x, [1, 0])` transposes. At most four dimensions.
    public func permute(_ x: Tensor, _ axes: [Int]) throws(ComputeError) -> Tensor {
        let rank = x.shape.rank
        try require(
            rank <= 4 && axes.sorted() == Array(0..<rank),
            "The axes \(axes) don't order the dimensions of \(x.shape) (four at most): each is named once.")
        let out = try make(Shape(axes.map { x.shape.dimensions[$0] }), needsGradient: x.needsGradient)
        let extra = 4 - rank
        let dimensions = [Int](repeating: 1, count: extra) + x.shape.dimensions
        let order = Array(0..<extra) + axes.map { $0 + extra }
        let inverse = (0..<4).map { axis in order.firstIndex(of: axis)! }
        let outDimensions = order.map { dimensions[$0] }
        let (from, to) = (x.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in
            try kernels.permute(from, to, dimensions: dimensions, axes: order)
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: x) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.permute(dy, cells, dimensions: outDimensions, axes: inverse)
                }
            }
        }
        return out
    }

    /// The places `range` of dimension `axis`.
    public func slice(_ x: Tensor, axis: Int, _ range: Range<Int>) throws(ComputeError) -> Tensor {
        try require((0..<x.shape.rank).contains(axis), "\(x.shape) has no dimension \(axis).")
        let size = x.shape.dimensions[axis]
        try require(
            range.lowerBound >= 0 && range.upperBound <= size && !range.isEmpty,
            "Dimension \(axis) of \(x.shape) has no places \(range).")
        var dimensions = x.shape.dimensions
        dimensions[axis] = range.count
        let inner = x.shape.dimensions[(axis + 1)...].reduce(1, *)
        let extent = Extent(rows: x.shape.dimensions[..<axis].reduce(1, *), columns: range.count * inner)
        let (pitch, offset) = (size * inner, range.lowerBound * inner)
        let out = try make(Shape(dimensions), needsGradient: x.needsGradient)
        let (from, to) = (x.cells.part(offset, x.shape.count - offset), out.cells)
        try emit { (kernels) throws(ComputeError) in
            try kernels.copyRows(from, pitch: pitch, to: to, pitch: extent.columns, extent, accumulate: false)
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try target(for: x) { (cells, accumulates) throws(ComputeError) in
                let place = cells.part(offset, cells.count - offset)
                try emit { (kernels) throws(ComputeError) in
                    if !accumulates { try kernels.fill(cells, 0) }
                    try kernels.copyRows(dy, pitch: extent.columns, to: place, pitch: pitch, extent, accumulate: true)
                }
            }
        }
        return out
    }

    /// The sum of all cells.
    public func sum(_ x: Tensor) throws(ComputeError) -> Tensor { try total(x, factor: 1) }

    /// The mean of all cells.
    public func mean(_ x: Tensor) throws(ComputeError) -> Tensor { try total(x, factor: 1 / Float(x.shape.count)) }

    private func total(_ x: Tensor, factor: Float) throws(ComputeError) -> Tensor {
        let out = try make([], needsGradient: x.needsGradient)
        let (from, to) = (x.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.sum(from, factor: factor, to) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: x) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.fill(cells, factor)
                    try kernels.scale(cells, byCell: dy, cells)
                }
            }
        }
        return out
    }
}
