import StewardCompute

extension Tape {
    /// a + b, where b has a's shape or the last dimensions of it (a bias).
    public func add(_ a: Tensor, _ b: Tensor) throws(ComputeError) -> Tensor {
        if a.shape == b.shape { return try combine(.add, a, b) }
        let suffix = Array(a.shape.dimensions.suffix(b.shape.rank))
        try require(
            suffix == b.shape.dimensions, "\(b.shape) can't be added to \(a.shape): it must equal its last dimensions.")
        let out = try make(a.shape, needsGradient: a.needsGradient || b.needsGradient)
        let (x, row, y) = (a.cells, b.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.addRow(x, row, y) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try target(for: b) { (cells, accumulates) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.sumRows(dy, cells, accumulate: accumulates)
                }
            }
            try pass(from: out, to: a)
        }
        return out
    }

    /// a - b, cell by cell.
    public func subtract(_ a: Tensor, _ b: Tensor) throws(ComputeError) -> Tensor { try combine(.subtract, a, b) }

    /// a times b, cell by cell.
    public func multiply(_ a: Tensor, _ b: Tensor) throws(ComputeError) -> Tensor { try combine(.multiply, a, b) }

    private func combine(_ how: Combination, _ a: Tensor, _ b: Tensor) throws(ComputeError) -> Tensor {
        try require(a.shape == b.shape, "\(a.shape) and \(b.shape) can't be combined cell by cell: shapes differ.")
        let out = try make(a.shape, needsGradient: a.needsGradient || b.needsGradient)
        let (left, right, y) = (a.cells, b.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.combine(how, left, right, y) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            switch how {
            case .add:
                try pass(from: out, to: b)
                try pass(from: out, to: a)
            case .subtract:
                try target(for: b) { (cells, accumulates) throws(ComputeError) in
                    try emit { (kernels) throws(ComputeError) in
                        try kernels.scale(dy, by: -1, cells, accumulate: accumulates)
                    }
                }
                try pass(from: out, to: a)
            case .multiply:
                for (tensor, other) in [(a, right), (b, left)] {
                    try produce(for: tensor) { (cells) throws(ComputeError) in
                        try emit { (kernels) throws(ComputeError) in try kernels.combine(.multiply, dy, other, cells) }
                    }
                }
            }
        }
        return out
    }

    /// x times a number.
    public func scale(_ x: Tensor, by factor: Float) throws(ComputeError) -> Tensor {
        let out = try make(x.shape, needsGradient: x.needsGradient)
        let (from, to) = (x.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.scale(from, by: factor, to, accumulate: false) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try target(for: x) { (cells, accumulates) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.scale(dy, by: factor, cells, accumulate: accumulates)
                }
            }
        }
        return out
    }

    /// ReLU or a form of GELU.
    public func activate(_ x: Tensor, _ kind: Activation) throws(ComputeError) -> Tensor {
        let out = try make(x.shape, needsGradient: x.needsGradient)
        let (from, to) = (x.cells, out.cells)
        try emit { (kernels) throws(ComputeError) in try kernels.activate(kind, from, to) }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: x) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in try kernels.activateBackward(kind, from, dy, cells) }
            }
        }
        return out
    }

    /// Sets a part of the cells to zero and scales the others by 1 / (1 - probability) while training. Which cells:
    /// from the key and the number of the call on this tape.
    public func dropout(_ x: Tensor, probability: Float, key: RandomKey) throws(ComputeError) -> Tensor {
        try require((0..<1).contains(probability), "A dropout of \(probability): it is at least 0 and below 1.")
        let site = nextSite()
        guard isTraining, probability > 0 else { return x }
        let out = try make(x.shape, needsGradient: x.needsGradient)
        let (from, to, words) = (x.cells, out.cells, key.cells)
        try emit { (kernels) throws(ComputeError) in
            try kernels.dropout(from, to, probability: probability, site: site, key: words)
        }
        note(out) { [unowned self] () throws(ComputeError) in
            let dy = gradient(of: out)
            try produce(for: x) { (cells) throws(ComputeError) in
                try emit { (kernels) throws(ComputeError) in
                    try kernels.dropout(dy, cells, probability: probability, site: site, key: words)
                }
            }
        }
        return out
    }
}

/// What random choices on a device follow from: a seed and a step, which change without a new plan.
public final class RandomKey {
    package let cells: Cells<UInt32>
    private let kernels: any TensorKernels

    /// The key of a seed at step 0.
    public init(seed: UInt64, on device: TensorDevice) throws(ComputeError) {
        kernels = device.kernels
        cells = try Cells(4, on: device.device)
        try set(seed: seed, step: 0)
    }

    /// Another step: other choices, the same for the same numbers.
    public func set(seed: UInt64, step: UInt64) throws(ComputeError) {
        try kernels.write(
            [seed, step].flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }, to: cells)
    }
}
