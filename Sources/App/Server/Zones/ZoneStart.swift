import Logging
import NIOCore
import StewardCore
import StewardScripts

/// Waits until every zone that is being started is ready or has said why it isn't. Confined to the event loop.
final class ZoneStart: @unchecked Sendable {
    /// How long Python may take to import what workers need: a small machine that starts many zones at once is slow.
    static let patience = TimeAmount.seconds(60)

    private var waiting: Set<ObjectIdentifier>
    private var isAnyReady = false
    private var reasons: [String] = []
    private var promise: EventLoopPromise<Void>?
    /// Succeeds once one zone can serve and no other may still come up; fails where none can.
    let settled: EventLoopFuture<Void>

    /// Watches these zones, which are started after this, for `patience` at most.
    init(_ zones: [Zone], on loop: any EventLoop) {
        let promise = loop.makePromise(of: Void.self)
        self.promise = promise
        settled = promise.futureResult
        waiting = Set(zones.map { ObjectIdentifier($0.scripts.zygote) })
        for zone in zones {
            let zygote = zone.scripts.zygote
            zygote.onSettled = { [self] failure in settle(zygote, failure) }
        }
        loop.assumeIsolated().scheduleTask(in: Self.patience) { self.end() }
        if zones.isEmpty { end() }
    }

    private func settle(_ zygote: Zygote, _ failure: String?) {
        if let failure { reasons.append(failure) } else { isAnyReady = true }
        waiting.remove(ObjectIdentifier(zygote))
        if waiting.isEmpty { end() }
    }

    private func end() {
        guard let promise else { return }
        self.promise = nil
        guard !isAnyReady else { return promise.succeed() }
        let seconds = Self.patience.nanoseconds / 1_000_000_000
        let detail = "The Python runtime was not ready after \(seconds) seconds; the log has what it printed."
        promise.fail(
            Problem(
                "no-python", status: 500, title: "Python does not start",
                detail: reasons.isEmpty ? detail : Set(reasons).sorted().joined(separator: " ")))
    }
}
