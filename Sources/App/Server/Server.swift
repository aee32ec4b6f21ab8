import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StewardAccess
import StewardCertificates
import StewardCore
import StewardDANE
import StewardDatabase
import StewardEdge
import StewardGPU
import StewardHelper
import StewardScripts
import StewardSettings
import StewardTelemetry
import UnixSignals

/// The server: settings become zones, workers, listeners. One event loop carries all of it.
package final class Server: ServiceLifecycle.Service {
    private let settings: ServerSettings
    private let sink: LogSink
    private let logger: Logger
    private let state: StateFolder
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let threads = NIOThreadPool(numberOfThreads: 2)
    private let edge: Edge
    private let roster: ZoneRoster
    private let parts: ServerParts
    private let reloader: Reloader
    private let hangups: UnixSignalsSequence
    private let dispatcher: Dispatcher
    private let status: ServerStatus
    private let keys: KeyWatch
    private let certificates: CertificateWatcher?
    private let dane: DANEWatcher?
    /// Hands out the GPUs; nil where the settings say that nobody does.
    package let lane: LaneService?
    private let compute: ComputeDesk
    /// Called with a sentence once the server takes requests.
    private let announce: @Sendable (String) -> Void

    /// Composes a server. Nothing listens and no process is started before `run()`.
    /// - Parameters:
    ///   - hangups: each SIGHUP has the settings read again
    ///   - reload: reads the settings as they are now
    /// - Throws: `Problem` or `SettingsError` about the state folder, keys or Python.
    package init(
        settings: ServerSettings, installation: Installation, sink: LogSink, logger: Logger,
        hangups: UnixSignalsSequence,
        reload: @escaping @Sendable () throws(SettingsError) -> ServerSettings,
        announce: @escaping @Sendable (String) -> Void
    ) throws {
        self.settings = settings
        self.sink = sink
        self.logger = logger
        self.announce = announce
        self.hangups = hangups
        state = StateFolder(settings.state)
        try state.lock()
        let secret = try settings.sessionSecret.map { try $0.read() } ?? state.sessionSecret()
        let loop = group.next()
        let factory = try ZoneFactory(
            installation: installation, state: state, sessionSecret: secret, loop: loop, logger: logger)
        roster = ZoneRoster(factory: factory, logger: logger)
        let zones = try roster.compose(settings, keeping: [])
        roster.adopt(zones)
        let database = try StateDatabase.open(state.database, migrations: AccessTables.migrations)
        state.protect()
        keys = try KeyWatch(store: KeyStore(database), fixed: settings.accessKeys(), logger: logger)
        let registry = MetricsRegistry()
        dispatcher = Dispatcher(
            zones: ZoneTable(roster.zones.map { ($0.access.prefix, $0) }), trustedProxies: settings.trustedProxies,
            metrics: RequestMetrics(registry), sink: sink, logger: logger, mask: SecretMask(extra: settings.log.mask),
            environ: Environ(settings),
            keyUses: keys.store, limits: CallerLimits(settings), ring: keys.current)
        certificates =
            settings.certificates.watch
            ? CertificateWatcher(
                settings: settings.certificates, client: HelperClient(socket: settings.certificates.helper.socket),
                logger: logger) : nil
        dane =
            settings.dane.deployments.isEmpty
            ? nil
            : DANEWatcher(
                client: HelperClient(socket: settings.certificates.helper.socket),
                pause: min(settings.dane.interval, .seconds(30)), logger: logger)
        lane = try Self.lane(settings, state: state, registry: registry, logger: logger)
        status = ServerStatus(
            version: stewardVersion, roster: roster, certificates: certificates, dane: dane)
        edge = Edge(
            loop: loop, limits: .fitting(settings, logger: logger), responder: dispatcher,
            spoolFolder: state.spool, threads: threads)
        compute = ComputeDesk(
            settings: settings.compute, folder: CheckpointFolder(path: state.compute), loop: loop,
            logger: logger)
        parts = ServerParts(
            settings: settings, roster: roster, dispatcher: dispatcher, edge: edge, keys: keys, compute: compute,
            sink: sink, tls: try TLSWatch(settings))
        edge.terms = parts.tls.withLock { $0?.terms }
        reloader = Reloader(parts: parts, logger: logger, load: reload)
        compose(registry)
    }

    private func compose(_ registry: MetricsRegistry) {
        let dispatcher = self.dispatcher
        let keys = self.keys
        let platform = PlatformRoutes(
            dispatcher: dispatcher, registry: registry, status: status,
            metricsAddresses: settings.metrics.addressList, loop: edge.loop,
            helperSocket: settings.certificates.helper.socket, computeDesk: compute
        ) {
            dispatcher.ring = keys.reload()
        }
        platform.lane = lane
        platform.reloader = reloader
        dispatcher.platform = platform
        dispatcher.secrets = roster.secretValues
        edge.gate = dispatcher.gate(settings)
        edge.onAnswerTrouble = { [logger] in logger.tell($0) }
        let cards = lane.map { handOutCards($0) }
        let logger = self.logger
        roster.equip = { zone in
            let label = zone.label
            zone.scripts.pool.onOutput = { dispatcher.log($0, zone: label) }
            zone.scripts.pool.lane = cards
            zone.scripts.zygote.onOutput = {
                logger.warning("\($0)", metadata: ["event": "zygote-output", "zone": "\(label)"])
            }
            zone.scripts.zygote.onReady = { interpreter in
                logger.info(
                    "Python \(interpreter.python) with Flask \(interpreter.flask) is ready",
                    metadata: [
                        "event": "python-ready", "executable": "\(interpreter.executable)", "zone": "\(label)",
                    ])
            }
        }
        observe(registry, sink: sink, roster: roster, edge: edge)
        if let certificates { observe(registry, certificates: certificates) }
        if let dane { observe(registry, dane: dane) }
        if let lane { observe(registry, lane: lane) }
    }

    private func handOutCards(_ lane: LaneService) -> ScriptLane {
        let roster = self.roster
        let cards = ScriptLane(lane: lane, loop: edge.loop)
        cards.onContention = { for zone in roster.all { zone.scripts.pool.recallCards() } }
        compute.cards = ComputeCards(lane: lane, loop: edge.loop)
        return cards
    }

    private static func lane(
        _ settings: ServerSettings, state: StateFolder, registry: MetricsRegistry, logger: Logger
    ) throws(Problem) -> LaneService? {
        guard settings.gpu.enabled != .off else { return nil }
        let reporter = LaneReporter(registry, logger: logger, isOn: settings.gpu.enabled == .on)
        do throws(LaneFolderError) {
            return try LaneService(settings: settings.gpu, folder: state.gpu, library: settings.gpu.nvml) { event in
                reporter.tell(event)
            }
        } catch {
            throw Problem(
                "state-folder", status: 500, title: "The state folder can't be used", detail: error.sentence)
        }
    }

    /// Serves until the surrounding service group shuts down gracefully.
    package func run() async throws {
        threads.start()
        let loop = edge.loop
        // Before anybody can ask: an answer without the leases would end jobs.
        await lane?.load()
        try await startWorkers(on: loop)
        do {
            try await listen()
            announceReady()
        } catch {
            await stop(on: loop)
            throw error
        }
        let hangups = Task.detached { [hangups, reloader] in
            for await _ in hangups { _ = await reloader.reload("SIGHUP") }
        }
        let watch = watchKeys(on: loop)
        let tls = watchTLS(on: loop)
        let certificates = Task.detached { [certificates] in await certificates?.run() }
        let dane = Task.detached { [dane] in await dane?.run() }
        let lane = Task.detached { [lane] in await lane?.run() }
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        await withGracefulShutdownHandler {
            for await _ in ended {}
        } onGracefulShutdown: {
            continuation.finish()
        }
        hangups.cancel()
        watch.cancel()
        tls.cancel()
        certificates.cancel()
        dane.cancel()
        lane.cancel()
        await drain(on: loop)
    }

    private func listen() async throws {
        do throws(Reloader.Refusal) {
            let listening = try await parts.listeners.prepare(settings)
            await parts.onLoop { $0.listeners.adopt(listening) }
        } catch {
            throw Problem(
                "listen", status: 500, title: "Can't listen",
                detail: error.reasons.joined(separator: " ") + ". Stop what uses it, or use --listen HOST:PORT.")
        }
        do { try await edge.listen(path: state.socket) } catch {
            let what = "The control socket \(state.socket) can't be made: \(ListenerSet.reason(error))."
            throw Problem(
                "listen", status: 500, title: "Can't listen",
                detail: what + " If its path is longer than 107 bytes, use a shorter --state DIR.")
        }
    }

    private func startWorkers(on loop: any EventLoop) async throws {
        let roster = self.roster
        let settled = loop.flatSubmit {
            // A zone that is added by a reload, or woken by its first script, is waited for by nobody.
            let start = ZoneStart(
                roster.zones.enumerated().filter { $0 == 0 || $1.scripts.hasScripts }.map(\.1), on: loop)
            roster.start(
                ZoneRoster.Draft(zones: roster.zones, fresh: roster.zones, plan: roster.plan), wakesFirst: true)
            return start.settled
        }
        do { try await settled.get() } catch {
            await stop(on: loop)
            throw error
        }
    }

    private func announceReady() {
        let urls = parts.listeners.addresses.map { entry in
            let host = entry.address.ipAddress ?? ""
            let scheme = entry.isTLS ? "https" : "http"
            return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(entry.address.port ?? 0)"
        }
        announce("steward: ready on \(urls.joined(separator: ", "))")
        logger.info(
            "Ready on \(urls.joined(separator: ", "))",
            metadata: [
                "event": "ready", "version": "\(stewardVersion)",
                "zones": "\(roster.zones.map(\.label).joined(separator: " "))",
            ])
        if settings.isolation == .off {
            logger.warning(
                "Isolation is off: scripts may do whatever the server may (`isolation: off`).",
                metadata: ["event": "isolation-off"])
        }
        for zone in roster.zones {
            for sentence in roster.plan?.zones[zone.label]?.unusable ?? [] {
                logger.warning("\(sentence)", metadata: ["event": "path-unusable", "zone": "\(zone.label)"])
            }
            if let failure = zone.scripts.failure {
                logger.warning("\(failure)", metadata: ["event": "zone-unreadable", "zone": "\(zone.label)"])
            }
            if zone.access.key != .none, !dispatcher.ring.canOpen(zone.access.prefix, asking: zone.access.key) {
                logger.warning(
                    "The zone \(zone.label) asks for a key and none exists: every call is refused. Add one with `steward key add NAME --role \(zone.access.key.rawValue)`.",
                    metadata: ["event": "no-keys", "zone": "\(zone.label)"])
            }
        }
    }

    /// New certificates count for new connections within a second of their files.
    private func watchTLS(on loop: any EventLoop) -> Task<Void, Never> {
        let (parts, logger) = (self.parts, self.logger)
        return Task.detached {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                guard let watch = parts.tls.withLock({ $0 }) else { continue }
                switch watch.reloadIfChanged() {
                case .unchanged: continue
                case .reloaded(let terms):
                    loop.execute { parts.adopt(terms, of: watch) }
                    logger.info(
                        "New TLS certificates: \(terms.summary)", metadata: ["event": "certificates-reloaded"])
                case .failed(let error):
                    logger.warning(
                        "The old TLS certificates stay: \(error.diagnostics.map(\.description).joined(separator: "; "))",
                        metadata: ["event": "certificates-unreadable"])
                }
            }
        }
    }

    private func watchKeys(on loop: any EventLoop) -> Task<Void, Never> {
        let keys = self.keys
        let dispatcher = self.dispatcher
        return Task.detached {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                if let ring = keys.reloadIfChanged() { loop.execute { dispatcher.ring = ring } }
                keys.flushUses()
            }
        }
    }

    /// Ends what runs: no new connections, then as long as `limits.drain` for open requests.
    private func drain(on loop: any EventLoop) async {
        logger.info("Shutting down", metadata: ["event": "draining"])
        loop.execute {
            self.status.isDraining = true
            self.compute.drain()
            self.edge.drain()
        }
        let clock = ContinuousClock()
        let end = clock.now + parts.current.limits.drain
        while clock.now < end {
            let isDrained = (try? await loop.submit { self.edge.isDrained }.get()) ?? true
            if isDrained { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        await stop(on: loop)
        logger.info("Stopped", metadata: ["event": "stopped"])
    }

    private func stop(on loop: any EventLoop) async {
        keys.flushUses()
        let edge = self.edge
        let roster = self.roster
        let compute = self.compute
        try? await loop.flatSubmit { compute.stop() }.get()
        try? await loop.flatSubmit {
            edge.stop()
            return roster.stop(on: loop)
        }.get()
        unlink(state.socket)
        try? await group.shutdownGracefully()
        try? await threads.shutdownGracefully()
    }
}
