import Foundation
import NIOCore
import NIOHTTP1
import StewardAPI
import StewardAccess
import StewardCore
import StewardEdge
import StewardGPU
import StewardTelemetry

/// Answers what lies beneath `/_platform`. Confined to the edge's event loop.
final class PlatformRoutes {
    let dispatcher: Dispatcher
    let registry: MetricsRegistry
    let status: ServerStatus
    /// The addresses that may read the metrics.
    var metricsAddresses: AddressList
    let loop: any EventLoop
    /// The socket of the privileged helper.
    let helperSocket: String
    /// Where computations are done.
    let computeDesk: ComputeDesk
    let reloadKeys: () -> Void
    /// Hands out the GPUs.
    var lane: LaneService?
    /// Reads the settings again; set once the server is composed.
    var reloader: Reloader?

    init(
        dispatcher: Dispatcher, registry: MetricsRegistry, status: ServerStatus, metricsAddresses: AddressList,
        loop: any EventLoop, helperSocket: String, computeDesk: ComputeDesk, reloadKeys: @escaping () -> Void
    ) {
        self.dispatcher = dispatcher
        self.registry = registry
        self.status = status
        self.metricsAddresses = metricsAddresses
        self.loop = loop
        self.helperSocket = helperSocket
        self.computeDesk = computeDesk
        self.reloadKeys = reloadKeys
    }

    /// Answers the journey; `client` nil: a local caller.
    func answer(_ journey: Journey, client: IPAddress?) {
        guard identify(journey, client: client) else { return }
        let method = journey.exchange.head.method
        if journey.path == PlatformPath.reload { return reloadSettings(journey) }
        if journey.path == PlatformPath.reloadKeys { return reload(journey, isLocal: client == nil) }
        if Self.isCertificates(journey.path) { return certificates(journey) }
        if Self.isDANE(journey.path) { return dane(journey) }
        if Self.isGPU(journey.path) { return gpus(journey) }
        if Self.isCompute(journey.path) { return compute(journey) }
        let isKnown = [
            PlatformPath.health, PlatformPath.routes, PlatformPath.metrics, PlatformPath.limits,
            PlatformPath.health + "/live",
            PlatformPath.health + "/ready",
        ].contains(journey.path)
        guard isKnown else { return journey.refuse(.noRoute(journey.path, zone: PlatformPath.prefix)) }
        guard method == .GET || method == .HEAD else { return refuseMethod(journey, allow: "GET, HEAD") }
        switch journey.path {
        case PlatformPath.routes: routes(journey, client: client)
        case PlatformPath.limits: limits(journey)
        case PlatformPath.metrics: metrics(journey, client: client)
        default: health(journey)
        }
    }

    /// Finds out who calls; false if it was told that none of its keys is looked at now.
    private func identify(_ journey: Journey, client: IPAddress?) -> Bool {
        guard let client else {
            journey.caller = .local
            return true
        }
        let keys = presentedKeys(journey)
        guard !keys.isEmpty else { return true }
        let isGuess = !keys.secrets.isEmpty && keys.certificate == nil
        guard !isGuess || dispatcher.mayTry(journey, from: client) else { return false }
        let (caller, key) = AccessPolicy.identify(keys: keys, ring: dispatcher.ring, now: Date())
        journey.caller = caller
        if caller == .anonymous, isGuess { dispatcher.limits.failures.failed(client, now: journey.exchange.started) }
        if let key { dispatcher.keyUses?.touch(key, at: Date()) }
        return true
    }

    func presentedKeys(_ journey: Journey) -> PresentedKeys {
        var keys = PresentedKeys(headers: journey.exchange.head.headers.lazy.map { (name: $0.name, value: $0.value) })
        keys.certificate = journey.exchange.security?.clientCertificate
        return keys
    }

    func refuseMethod(_ journey: Journey, allow: String) {
        journey.refuse(
            Problem(
                "method-not-allowed", status: 405, title: "Method not allowed",
                detail: "\(journey.path) answers \(allow)."),
            headers: [("Allow", allow)])
    }

    private func health(_ journey: Journey) {
        let health = status.health
        let isLiveness = journey.path.hasSuffix("/live")
        json(health, status: health.ready || isLiveness ? 200 : 503, to: journey)
    }

    private func metrics(_ journey: Journey, client: IPAddress?) {
        let isAdmitted = client.map { metricsAddresses.contains($0) } ?? true
        guard isAdmitted || journey.caller.isAdmin else {
            return journey.refuse(
                Problem(
                    "key-required", status: 401, title: "A key is required",
                    detail: "Metrics are for the addresses in `metrics.addresses` and for admin keys."),
                headers: [("WWW-Authenticate", "Bearer realm=\"steward\"")])
        }
        reply("Content-Type: \(MetricsRegistry.contentType)\r\n", Array(registry.render().utf8), to: journey)
    }

    /// Local callers only: a command of this machine changed the keys.
    private func reload(_ journey: Journey, isLocal: Bool) {
        guard isLocal else { return journey.refuse(.noRoute(journey.path, zone: PlatformPath.prefix)) }
        guard journey.exchange.head.method == .POST else { return refuseMethod(journey, allow: "POST") }
        reloadKeys()
        json(["keys": dispatcher.ring.keys.count], status: 200, to: journey)
    }

    func json(_ value: some Encodable, status: Int, to journey: Journey) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = (try? encoder.encode(value)) ?? Data()
        reply("Content-Type: application/json\r\n", bytes + [10], to: journey, status: status)
    }

    private func reply(_ headers: String, _ body: some Sequence<UInt8>, to journey: Journey, status: Int = 200) {
        var bytes = ByteBuffer()
        bytes.writeBytes(body)
        journey.exchange.reply(
            status: status, headers: ByteBuffer(string: headers + "Cache-Control: no-store\r\n"), body: bytes)
    }
}
