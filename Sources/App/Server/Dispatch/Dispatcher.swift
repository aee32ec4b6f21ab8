import Foundation
import Logging
import NIOCore
import NIOHTTP1
import StewardAPI
import StewardAccess
import StewardCore
import StewardEdge
import StewardScripts
import StewardTelemetry

/// Takes every request from the edge to what answers it: path, zone, access, script. Confined to the edge's
/// event loop.
final class Dispatcher: Responder, @unchecked Sendable {
    /// The zones, proxies, masks and names that count now; a reload of the settings replaces them.
    var zones: ZoneTable<Zone>
    var trustedProxies: AddressList
    let metrics: RequestMetrics
    let sink: LogSink
    let logger: Logger
    var mask: SecretMask
    /// Values that scripts were given and that no line of the log may show.
    var secrets = SecretValues()
    var environ: Environ
    let keyUses: KeyStore?
    let limits: CallerLimits
    /// The keys that count now; replaced as a whole.
    var ring: KeyRing
    /// Answers `/_platform/...`; set once the server is composed.
    var platform: PlatformRoutes?
    private var warnedProxy = false

    init(
        zones: ZoneTable<Zone>, trustedProxies: AddressList, metrics: RequestMetrics, sink: LogSink, logger: Logger,
        mask: SecretMask, environ: Environ, keyUses: KeyStore?, limits: CallerLimits, ring: KeyRing
    ) {
        self.zones = zones
        self.trustedProxies = trustedProxies
        self.metrics = metrics
        self.sink = sink
        self.logger = logger
        self.mask = mask
        self.environ = environ
        self.keyUses = keyUses
        self.limits = limits
        self.ring = ring
    }

    func respond(to exchange: Exchange) {
        metrics.inFlight.add(1)
        let journey = Journey(exchange: exchange, dispatcher: self)
        let target: CanonicalPath
        do throws(PathRefusal) {
            target = try CanonicalPath(exchange.head.uri, isOptions: exchange.head.method == .OPTIONS)
        } catch {
            journey.path = String(exchange.head.uri.prefix { $0 != "?" })
            return journey.refuse(error.problem)
        }
        journey.path = target.path
        journey.query = target.query
        let client = resolveClient(exchange)
        journey.client = client.map(\.description) ?? "local"
        journey.address = client
        if exchange.head.headers.contains(name: "sec-websocket-key") { return journey.refuse(.noWebSocket) }
        if let platform, isPlatform(target.path) {
            return platform.answer(journey, client: client)
        }
        guard !target.isServerWide else { return journey.refuse(.noRoute("*", zone: "/")) }
        guard let (_, zone, _) = zones.match(target.path) else {
            return journey.refuse(.noRoute(target.path, zone: "/"))
        }
        journey.enter(zone)
        guard admit(journey, to: zone, client: client), isWithinLimits(journey, of: zone) else { return }
        find(journey, in: zone)
    }

    func refused(_ exchange: Exchange, _ problem: Problem) {
        metrics.inFlight.add(1)
        let journey = Journey(exchange: exchange, dispatcher: self)
        journey.path = String(exchange.head.uri.prefix(200))
        journey.client = exchange.peer ?? "local"
        journey.errorCode = problem.code
    }

    private func isPlatform(_ path: String) -> Bool {
        path.hasPrefix(PlatformPath.prefix)
            && (path.utf8.count == PlatformPath.prefix.utf8.count || path.hasPrefix(PlatformPath.prefix + "/"))
    }

    /// Both questions of the zone, address and key; answers the refusal.
    private func admit(_ journey: Journey, to zone: Zone, client: IPAddress?) -> Bool {
        guard let client else {
            journey.caller = .local
            return true
        }
        var keys = PresentedKeys()
        keys.certificate = journey.exchange.security?.clientCertificate
        for (name, value) in journey.exchange.head.headers { keys.consider(name: name, value: value) }
        guard mayTry(&keys, journey, at: zone, from: client) else { return false }
        switch AccessPolicy.decide(zone: zone.access, client: client, keys: keys, ring: ring, now: Date()) {
        case .allowed(let caller, let key):
            journey.caller = caller
            if caller == .anonymous, !keys.secrets.isEmpty {
                limits.guesses.failed(client, now: journey.exchange.started)
            }
            if let key { keyUses?.touch(key, at: Date()) }
            return true
        case .refused(let refusal):
            if refusal.isWrongKey, !keys.secrets.isEmpty {
                limits.failures.failed(client, now: journey.exchange.started)
            }
            if let note = refusal.note {
                logger.notice(
                    "Refused: \(note)",
                    metadata: ["event": "refused", "trace_id": "\(journey.exchange.trace)", "client": "\(client)"])
            }
            journey.refuse(refusal.problem, headers: refusal.challenge.map { [("WWW-Authenticate", $0)] } ?? [])
            return false
        }
    }

    private func find(_ journey: Journey, in zone: Zone) {
        guard let found = zone.scripts.match(journey.path, now: journey.exchange.started) else {
            guard let failure = zone.scripts.failure else {
                return journey.refuse(.noRoute(journey.path, zone: zone.label), extra: [("zone", zone.label)])
            }
            logger.error(
                "\(failure)",
                metadata: [
                    "event": "zone-unreadable", "trace_id": "\(journey.exchange.trace)", "zone": "\(zone.label)",
                ])
            return journey.refuse(.unreadable(zone.label), headers: [("Retry-After", "5")])
        }
        journey.script = found.script
        guard isWithinLimits(journey, of: found.script, in: zone) else { return }
        let name = found.name
        let rest = found.rest
        guard journey.exchange.announcesBody else {
            return start(journey, found.script, in: zone, name: name, rest: rest, body: nil)
        }
        journey.exchange.receiveBody(limit: zone.bodyLimit, folder: zone.scripts.settings.spool) { result in
            switch result {
            case .success(let body):
                self.start(journey, found.script, in: zone, name: name, rest: rest, body: body)
            case .failure(let problem):
                self.fail(journey, problem)
            }
        }
    }

    /// The body did not come, or can't be kept.
    private func fail(_ journey: Journey, _ problem: Problem) {
        if problem.status == 499 { return journey.errorCode = problem.code }
        if problem.status >= 500 {
            logger.error(
                "\(problem.detail ?? problem.title)",
                metadata: ["event": "\(problem.code)", "trace_id": "\(journey.exchange.trace)"])
        }
        journey.refuse(problem)
    }

    private func start(
        _ journey: Journey, _ script: Script, in zone: Zone, name: String, rest: Substring, body: RequestBody?
    ) {
        let block = environ.block(
            of: journey, script: script, name: name, rest: rest, scheme: scheme(journey.exchange), body: body)
        var inline: ByteBuffer?
        if case .memory(let bytes) = body { inline = bytes }
        journey.run(script, in: zone, environ: block, body: inline)
    }

    // MARK: Proxies

    /// The address that counts; nil for a local caller.
    private func resolveClient(_ exchange: Exchange) -> IPAddress? {
        guard !exchange.isLocal else { return nil }
        guard let peer = exchange.peer.flatMap({ IPAddress($0) }) else { return IPAddress(v4: 0) }
        let headers = exchange.head.headers
        guard !trustedProxies.isEmpty, trustedProxies.contains(peer) else {
            if !warnedProxy, headers.contains(name: "x-forwarded-for") { warnUntrusted(peer) }
            return peer
        }
        return ClientAddress.resolve(
            peer: peer, forwarded: headers["forwarded"], xForwardedFor: headers["x-forwarded-for"],
            trusted: trustedProxies)
    }

    private func warnUntrusted(_ peer: IPAddress) {
        warnedProxy = true
        logger.warning(
            "\(peer) sends X-Forwarded-For and is no trusted proxy: its own address counts as the caller's. If it is your proxy, add it to `trusted_proxies`.",
            metadata: ["event": "untrusted-proxy"])
    }

    private func scheme(_ exchange: Exchange) -> String {
        let own = exchange.security == nil ? "http" : "https"
        guard !trustedProxies.isEmpty, let peer = exchange.peer.flatMap({ IPAddress($0) }),
            trustedProxies.contains(peer),
            let scheme = exchange.head.headers.first(name: "x-forwarded-proto")?.lowercased(),
            scheme == "https" || scheme == "http"
        else { return own }
        return scheme
    }
}

extension Problem {
    /// The zone's folder is gone or closed to the server; the log has its path.
    static func unreadable(_ zone: String) -> Problem {
        Problem(
            "zone-unreadable", status: 503, title: "The zone can't be read",
            detail: "The folder of the zone \(zone) can't be read now; the server's log says why.")
    }

    static let noWebSocket = Problem(
        "no-websocket", status: 501, title: "WebSocket is not supported",
        detail: "Scripts answer HTTP requests; for a stream of events let the script return a generator.")
}
