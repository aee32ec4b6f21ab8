internal import NIOCore
internal import StewardCore

/// The deadlines of a connection, looked at several times a second.
extension ConnectionHandler {
    private static let lastGrace: UInt64 = 500_000_000

    /// Looks at the clock.
    func check(now: UInt64) {
        if !isFlushed { checkWriting(now: now) }
        let age = now - min(now, phaseSince)
        let limits = edge.limits
        switch phase {
        case .idle:
            let patience = isClosing ? Self.lastGrace : UInt64(limits.keepAlive.nanoseconds)
            if age > patience { drop() }
        case .head:
            if age > UInt64(limits.header.nanoseconds) {
                reject(
                    Problem(
                        "header-timeout", status: 408, title: "Request timeout",
                        detail: "The head took longer than \(seconds(limits.header)) (`limits.header_timeout`)."))
            }
        case .body: checkBody(now: now)
        case .answer: break
        case .lingering:
            if age > UInt64(limits.linger.nanoseconds) { drop() }
        }
    }

    /// How long the connection has waited for a request that nothing announces; nil while it is in use.
    func idleTime(now: UInt64) -> UInt64? {
        phase == .idle && isFlushed ? now - min(now, phaseSince) : nil
    }

    private func checkBody(now: UInt64) {
        guard let exchange, !exchange.isBodyComplete, edge.limits.bodyRate > 0 else { return }
        let window = edge.limits.bodyWindow
        var pace = inward ?? Pace(window: UInt64(window.nanoseconds), now: phaseSince, bytes: 0)
        pace.look(bodyBytes, now: now, counts: pauses.isEmpty)
        inward = pace
        guard let recent = pace.recent, Double(recent) < least(edge.limits.bodyRate, in: window) else { return }
        reject(
            Problem(
                "body-timeout", status: 408, title: "Request timeout",
                detail: """
                    The body came slower than \(edge.limits.bodyRate) bytes a second over \(seconds(window)) \
                    (`limits.body_rate`, `limits.body_window`).
                    """))
    }

    /// While bytes of an answer wait here the client is the slower one. Deadlines that follow the answer begin when
    /// the last byte is with the system.
    private func checkWriting(now: UInt64) {
        guard let channel = context?.channel else { return }
        let waiting = self.waiting
        guard waiting > 0 else {
            isFlushed = true
            outward = nil
            return
        }
        settle()
        let window = edge.limits.write
        let taken = TransportProgress.acknowledged(channel) ?? sent - waiting
        var pace = outward ?? Pace(window: UInt64(window.nanoseconds), now: now, bytes: taken)
        pace.look(taken, now: now, counts: true)
        outward = pace
        if phase == .idle || phase == .lingering { phaseSince = now }
        let isSlow = pace.recent.map { Double($0) < least(edge.limits.writeRate, in: window) } ?? false
        if pace.isStalled || isSlow { drop() }
    }

    private func least(_ rate: Int, in window: TimeAmount) -> Double {
        Double(rate) * Double(window.nanoseconds) / 1e9
    }

    private func seconds(_ amount: TimeAmount) -> String {
        let seconds = Double(amount.nanoseconds) / 1e9
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
