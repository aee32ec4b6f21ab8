import Glibc
import StewardCompute

/// Changes the parameters of a set by their gradients: SGD or AdamW, with the gradient's norm limited.
public final class Optimiser {
    /// The method and its numbers; the learning rate comes with each step.
    public enum Method: Hashable, Sendable, Codable {
        /// PyTorch's SGD without dampening; the decay is for parameters that decay.
        case sgd(momentum: Float = 0, decay: Float = 0)
        /// PyTorch's AdamW.
        case adamw(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0.01)
    }

    /// How it updates.
    public let method: Method
    /// The largest norm of the gradient; 0: no limit.
    public let limit: Float
    /// Steps that were done.
    public private(set) var step = 0
    package let set: ParameterSet
    package let first: Cells<Float>
    package let second: Cells<Float>
    private let rates: Cells<Float>
    private let squares: Cells<Float>
    private let clip: Cells<Float>

    /// An optimiser of these parameters at step 0.
    public init(_ method: Method, for set: ParameterSet, limit: Float = 0) throws(ComputeError) {
        self.method = method
        self.set = set
        self.limit = limit
        let device = set.device.device
        first = try Cells(set.values.count, on: device)
        second = try Cells(set.values.count, on: device)
        (rates, squares, clip) = (try Cells(3, on: device), try Cells(1, on: device), try Cells(1, on: device))
        for cells in [first, second, squares] { try set.device.kernels.fill(cells, 0) }
        try set.device.kernels.fill(rates, 0)
    }

    /// Before each step: its learning rate.
    public func begin(rate: Double) throws(ComputeError) {
        step += 1
        var numbers = [Float(rate), 1, 1]
        if case .adamw(let beta1, let beta2, _, _) = method {
            numbers[1] = Float(1 - pow(Double(beta1), Double(step)))
            numbers[2] = Float((1 - pow(Double(beta2), Double(step))).squareRoot())
        }
        try set.device.kernels.write(numbers, to: rates)
    }

    /// Updates the parameters on a tape whose backward pass is done.
    public func update(on tape: Tape) throws(ComputeError) {
        let (gradients, squares, clip, limit) = (set.gradients, squares, clip, limit)
        try tape.emit { (kernels) throws(ComputeError) in
            try kernels.sumOfSquares(gradients, squares)
            try kernels.clip(squares, limit: limit, clip)
        }
        let decaying = set.decayingCells
        for (offset, count, decays) in [(0, decaying, true), (decaying, set.values.count - decaying, false)]
        where count > 0 {
            let (values, slopes) = (set.values.part(offset, count), gradients.part(offset, count))
            let (moments, variances) = (first.part(offset, count), second.part(offset, count))
            let (rule, rates) = (rule(decays: decays), rates)
            try tape.emit { (kernels) throws(ComputeError) in
                try kernels.update(
                    rule, values, slopes, first: moments, second: variances, rates: rates, clip: clip)
            }
        }
    }

    /// The norm of the last gradient, before it was limited.
    public func gradientNorm() throws(ComputeError) -> Float { try set.device.kernels.read(squares)[0].squareRoot() }

    /// What a checkpoint keeps of a parameter: its weight, the first moments or velocities, the second moments.
    package func cells(of index: Int) -> [Cells<Float>] {
        let (offset, count) = set.places[index]
        return [set.values, first, second].map { $0.part(offset, count) }
    }

    /// The cells are those after this step.
    package func goOn(from step: Int) { self.step = step }

    private func rule(decays: Bool) -> UpdateRule {
        switch method {
        case .sgd(let momentum, let decay): .sgd(momentum: momentum, decay: decays ? decay : 0)
        case .adamw(let beta1, let beta2, let epsilon, let decay):
            .adamw(beta1: beta1, beta2: beta2, epsilon: epsilon, decay: decays ? decay : 0)
        }
    }
}
