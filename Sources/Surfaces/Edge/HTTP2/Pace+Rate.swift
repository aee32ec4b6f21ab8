internal import NIOCore

extension Pace {
    /// Whether less than `rate` bytes a second moved over the last `window`.
    func isBelow(_ rate: Int, over window: TimeAmount) -> Bool {
        recent.map { Double($0) < Double(rate) * Double(window.nanoseconds) / 1e9 } ?? false
    }
}
