import Glibc

/// The GPU-seconds that a caller used lately: what it used long ago counts less and less.
package struct CallerUsage: Hashable, Sendable, Codable {
    /// GPU-seconds as of `at`.
    package private(set) var seconds = 0.0
    /// Seconds since 1970.
    package private(set) var at: Double
    /// Cards that it holds, in parts.
    package private(set) var held = 0.0

    /// Nothing used by `now`.
    package init(at now: Double) { at = now }

    /// GPU-seconds as of `now`: the integral of what was held, weighted by two to the minus age over half-life.
    package func seconds(at now: Double, halfLife: Double) -> Double {
        let age = max(now - at, 0)
        let rest = exp2(-age / halfLife)
        return seconds * rest + held * (1 - rest) * halfLife / M_LN2
    }

    /// The same where all moments are `seconds` later.
    func shifted(by seconds: Double) -> CallerUsage {
        var usage = self
        usage.at += seconds
        return usage
    }

    /// It holds `change` more cards from `now` on.
    mutating func hold(_ change: Double, now: Double, halfLife: Double) {
        seconds = seconds(at: now, halfLife: halfLife)
        at = max(at, now)
        held = max(held + change, 0)
        if held < 1e-9 { held = 0 }
    }
}
