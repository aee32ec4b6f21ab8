import NIOCore
import StewardAccess
import StewardEdge
import StewardSettings
import StewardTelemetry
import Synchronization

/// What of a server a reload of the settings changes.
final class ServerParts: Sendable {
    let roster: ZoneRoster
    let listeners: ListenerSet
    let dispatcher: Dispatcher
    let edge: Edge
    let keys: KeyWatch
    let compute: ComputeDesk
    let sink: LogSink
    /// Watches the certificates of the HTTPS listener; nil where there is none.
    let tls: Mutex<TLSWatch?>
    private let settings: Mutex<ServerSettings>

    init(
        settings: ServerSettings, roster: ZoneRoster, dispatcher: Dispatcher, edge: Edge, keys: KeyWatch,
        compute: ComputeDesk, sink: LogSink, tls: TLSWatch?
    ) {
        self.tls = Mutex(tls)
        self.settings = Mutex(settings)
        self.roster = roster
        self.dispatcher = dispatcher
        self.edge = edge
        self.keys = keys
        self.compute = compute
        self.sink = sink
        listeners = ListenerSet(edge: edge)
    }

    /// The settings in force.
    var current: ServerSettings { settings.withLock { $0 } }

    /// Runs `body` on the event loop. Once the loop has ended, where it is called.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (ServerParts) -> Result) async -> Result {
        (try? await edge.loop.submit { body(self) }.get()) ?? body(self)
    }

    /// Brings all of it into force in one turn of the loop: no request sees half of it.
    func adopt(
        _ settings: ServerSettings, keys fixed: [AccessKey], zones draft: ZoneRoster.Draft,
        listening: ListenerSet.Draft, tls watch: TLSWatch?
    ) {
        self.settings.withLock { $0 = settings }
        roster.adopt(draft)
        dispatcher.adopt(settings, zones: draft.zones)
        dispatcher.secrets = roster.secretValues
        dispatcher.ring = keys.replace(fixed: fixed)
        dispatcher.platform?.metricsAddresses = settings.metrics.addressList
        compute.settings = settings.compute
        if tls.withLock({ $0 }) !== watch {
            tls.withLock { $0 = watch }
            edge.terms = watch?.terms
        }
        edge.adopt(.fitting(settings, logger: dispatcher.logger))
        sink.level = settings.log.loggerLevel
        sink.replace(settings.log.destinations)
        listeners.adopt(listening)
    }

    /// New certificates count for new handshakes, unless the settings name others by now. On the event loop.
    func adopt(_ terms: TLSTerms, of watch: TLSWatch) {
        if tls.withLock({ $0 }) === watch { edge.terms = terms }
    }
}

extension TLSWatch {
    /// The certificates that the settings name; nil where nobody listens for HTTPS.
    convenience init?(_ settings: ServerSettings) throws(SettingsError) {
        guard settings.tls.isOn else { return nil }
        try self.init(settings.tls, file: settings.file)
    }
}

extension Dispatcher {
    /// What the settings say of requests counts from now on.
    func adopt(_ settings: ServerSettings, zones: [Zone]) {
        self.zones = ZoneTable(zones.map { ($0.access.prefix, $0) })
        trustedProxies = settings.trustedProxies
        mask = SecretMask(extra: settings.log.mask)
        environ = Environ(settings)
        limits.replace(settings)
    }
}
