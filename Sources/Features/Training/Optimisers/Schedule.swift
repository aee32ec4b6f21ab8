import Glibc

/// The learning rate of each step.
public enum Schedule: Hashable, Sendable, Codable {
    /// The same at every step.
    case constant
    /// Rises evenly over `warmUp` steps, then falls along a cosine to `floor` times the rate at step `steps`.
    case cosine(warmUp: Int, steps: Int, floor: Double)
    /// Times `factor` after every `every` steps.
    case step(every: Int, factor: Double)

    /// The rate of step `step` (from 0), where `rate` is the highest.
    public func rate(_ rate: Double, step: Int) -> Double {
        switch self {
        case .constant: return rate
        case .step(let every, let factor): return rate * pow(factor, Double(step / max(1, every)))
        case .cosine(let warmUp, let steps, let floor):
            if step < warmUp { return rate * Double(step + 1) / Double(warmUp) }
            let progress = min(1, Double(step - warmUp) / Double(max(1, steps - warmUp)))
            return rate * (floor + (1 - floor) * 0.5 * (1 + cos(Double.pi * progress)))
        }
    }
}
