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

/// The server: settings become zones, workers, listeners. One event loop carries all of it.
package final class Server: ServiceLifecycle.Service {
    private let settings: ServerSettings
    private let sink: LogSink
    private let logger: Logger
    private let state: StateFolder
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let threads = NIOThreadPool(numberOfThreads: 2)
    private let edge: Edge
    private let zygote: Zygote
    private let zones: [Zone]
    private let dispatcher: Dispatcher
    private let status: ServerStatus
    private let keys: KeyWatch
    private let certificates: CertificateWatcher?
    private let dane: DANEWatcher?
    /// Hands out the GPUs; nil where the settings say that nobody does.
    package let lane: LaneService?
    private let compute: ComputeDesk
    private let tls: TLSWatch?
    /// Called with a sentence once the server takes requests.
    private let announce: @Sendable (String) -> Void

    /// Composes a server. Nothing listens and no process is started before `run()`.
    /// - Throws: `Problem` or `SettingsError` about the state folder, keys or Python.
    package init(
        settings: ServerSettings, installation: Installation, sink: LogSink, logger: Logger,
        announce: @escaping @Sendable (String) -> Void
    ) throws {
        self.settings = settings
        self.sink = sink
        self.logger = logger
        self.announce = announce
        state = StateFolder(settings.state)
        try state.lock()
        let secret = try settings.sessionSecret.map { try $0.read() } ?? state.sessionSecret()
        let loop = group.next()
        let zygote = Zygote(
            settings: ZygoteSettings(
                python: installation.python, library: installation.library,
                sessionSecret: Data(secret.utf8).map { String(format: "%02x", $0) }.joined(), version: stewardVersion),
            loop: loop, logger: logger)
        self.zygote = zygote
        let logger = logger
        zones = settings.zones.map { Zone($0, among: settings.zones, zygote: zygote, logger: logger) }
        let database = try StateDatabase.open(state.database, migrations: AccessTables.migrations)
        keys = try KeyWatch(store: KeyStore(database), fixed: settings.accessKeys(), logger: logger)
        let registry = MetricsRegistry()
        dispatcher = Dispatcher(
            zones: ZoneTable(zones.map { ($0.access.prefix, $0) }), trustedProxies: settings.trustedProxies,
            metrics: RequestMetrics(registry), sink: sink, logger: logger, mask: SecretMask(extra: settings.log.mask),
            environ: Environ(
                serverName: settings.listen[0].host, serverPort: settings.listen[0].port,
                securePort: settings.tls.listen.first?.port),
            keyUses: keys.store, ring: keys.current)
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
            version: stewardVersion, zygote: zygote, zones: zones, certificates: certificates, dane: dane)
        edge = Edge(
            loop: loop, limits: EdgeLimits(settings), responder: dispatcher, spoolFolder: state.spool,
            threads: threads)
        compute = ComputeDesk(settings: settings.compute, loop: loop, logger: logger)
        tls = settings.tls.isOn ? try TLSWatch(settings.tls, file: settings.file) : nil
        edge.terms = tls?.terms
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
        dispatcher.platform = platform
        for zone in zones {
            zone.scripts.pool.onOutput = { dispatcher.log($0, zone: zone.label) }
        }
        if let lane { handOutCards(lane) }
        let logger = self.logger
        zygote.onOutput = { logger.notice("\($0)", metadata: ["event": "zygote-output"]) }
        observe(registry, sink: sink, zones: zones, edge: edge, zygote: zygote)
        if let certificates { observe(registry, certificates: certificates) }
        if let dane { observe(registry, dane: dane) }
        if let lane { observe(registry, lane: lane) }
    }

    private func handOutCards(_ lane: LaneService) {
        let pools = zones.map(\.scripts.pool)
        let cards = ScriptLane(lane: lane, loop: edge.loop)
        cards.onContention = { for pool in pools { pool.recallCards() } }
        for pool in pools { pool.lane = cards }
        compute.cards = ComputeCards(lane: lane, loop: edge.loop)
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
        try await startWorkers(on: loop)
        do {
            announceReady(try await listen(settings.listen), secure: try await listen(settings.tls.listen, isTLS: true))
            try await listenLocally()
        } catch {
            await stop(on: loop)
            throw error
        }
        // Settings are read at the start; a signal that other servers take for "read again" must not end this one.
        signal(SIGHUP, SIG_IGN)
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
        watch.cancel()
        tls?.cancel()
        certificates.cancel()
        dane.cancel()
        lane.cancel()
        await drain(on: loop)
    }

    private func listen(_ wanted: [ListenAddress], isTLS: Bool = false) async throws -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        for address in wanted {
            do {
                addresses.append(try await edge.listen(host: address.host, port: address.port, isTLS: isTLS))
            } catch {
                let what = "\(address) can't be bound: \(reason(error))."
                throw Problem(
                    "listen", status: 500, title: "Can't listen",
                    detail: what + " Stop what uses it, or use --listen HOST:PORT.")
            }
        }
        return addresses
    }

    private func listenLocally() async throws {
        do { try await edge.listen(path: state.socket) } catch {
            let what = "The control socket \(state.socket) can't be made: \(reason(error))."
            throw Problem(
                "listen", status: 500, title: "Can't listen",
                detail: what + " If its path is longer than 107 bytes, use a shorter --state DIR.")
        }
    }

    private func reason(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }

    private func startWorkers(on loop: any EventLoop) async throws {
        let isReady = FirstTime(loop.makePromise(of: Void.self))
        let (zygote, zones, logger) = (self.zygote, self.zones, self.logger)
        loop.execute {
            zygote.onReady = { interpreter in
                logger.info(
                    "Python \(interpreter.python) with Flask \(interpreter.flask) is ready",
                    metadata: ["event": "python-ready", "executable": "\(interpreter.executable)"])
                isReady.complete(.success(()))
            }
            zygote.start()
            for zone in zones { zone.scripts.start() }
            loop.scheduleTask(in: .seconds(10)) {
                let detail = "The Python runtime was not ready after 10 seconds; the log has what it printed."
                isReady.complete(
                    .failure(
                        Problem(
                            "no-python", status: 500, title: "Python does not start",
                            detail: zygote.failure ?? detail)))
            }
        }
        do { try await isReady.future.get() } catch {
            await stop(on: loop)
            throw error
        }
    }

    private func announceReady(_ addresses: [SocketAddress], secure: [SocketAddress]) {
        func url(_ scheme: String, _ address: SocketAddress) -> String {
            let host = address.ipAddress ?? ""
            return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
        }
        let urls = addresses.map { url("http", $0) } + secure.map { url("https", $0) }
        announce("steward: ready on \(urls.joined(separator: ", "))")
        logger.info(
            "Ready on \(urls.joined(separator: ", "))",
            metadata: [
                "event": "ready", "version": "\(stewardVersion)",
                "zones": "\(zones.map(\.label).joined(separator: " "))",
            ])
        for zone in zones {
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
    private func watchTLS(on loop: any EventLoop) -> Task<Void, Never>? {
        guard let tls else { return nil }
        let (edge, logger) = (self.edge, self.logger)
        return Task.detached {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                switch tls.reloadIfChanged() {
                case .unchanged: continue
                case .reloaded(let terms):
                    loop.execute { edge.terms = terms }
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
            self.edge.drain()
        }
        let clock = ContinuousClock()
        let end = clock.now + settings.limits.drain
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
        let zones = self.zones
        let zygote = self.zygote
        let compute = self.compute
        try? await loop.flatSubmit {
            compute.stop()
            edge.stop()
            for zone in zones {
                zone.scripts.pool.drain()
                zone.scripts.pool.stop()
            }
            return zygote.stop()
        }.get()
        unlink(state.socket)
        try? await group.shutdownGracefully()
        try? await threads.shutdownGracefully()
    }
}

/// A promise that takes the first result and ignores later ones. Confined to its event loop.
private final class FirstTime: @unchecked Sendable {
    private var promise: EventLoopPromise<Void>?
    let future: EventLoopFuture<Void>

    init(_ promise: EventLoopPromise<Void>) {
        self.promise = promise
        future = promise.futureResult
    }

    func complete(_ result: Result<Void, any Error>) {
        promise?.completeWith(result)
        promise = nil
    }
}
