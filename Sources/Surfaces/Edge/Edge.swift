import Glibc
package import NIOCore
internal import NIOHTTP1
package import NIOPosix
package import StewardCore

/// Answers requests. Called on the edge's event loop; must not block.
package protocol Responder: AnyObject {
    /// A request's head is complete and valid. The answer may come later.
    func respond(to exchange: Exchange)
    /// The edge itself refuses a request; for the log. The answer follows.
    func refused(_ exchange: Exchange, _ problem: Problem)
}

/// Decides whether an address may have one more connection. Called on the edge's event loop.
package protocol ConnectionGate: AnyObject {
    /// Counts a connection of the peer, if it may stay; then `left` follows.
    func entered(_ peer: String) -> Bool
    /// The peer's connection is closed.
    func left(_ peer: String)
}

/// What answers that wait for slow clients run into.
package enum AnswerTrouble: Sendable {
    /// So many connections were closed: all answers that waited took more than `limits.answer_files`.
    case gaveWay(Int)
    /// The disk takes none, with the reason: they wait in memory. Told once a minute at most.
    case notKept(String)
}

/// The peer has as many connections as it may.
private struct TooManyConnections: Error {}

/// A connection as the edge keeps it: it looks at the clock, it ends.
protocol EdgeConnection: AnyObject {
    /// Looks at the clock.
    func check(now: UInt64)
    /// No more requests after those that have begun.
    func drain()
    /// The socket that it came by.
    var listener: (any Channel)? { get }
    /// What of its answers waits in the store's file: the number of the oldest, and the room of all.
    var stored: (oldest: UInt64, room: Int)? { get }
    /// How long it has waited for a request that nothing announces; nil while it is in use.
    func idleTime(now: UInt64) -> UInt64?
    /// Closes at once.
    func cut()
}

/// Listeners and connections of one event loop. Knows HTTP and no feature.
package final class Edge: @unchecked Sendable {
    /// The one event loop of all its connections.
    package let loop: any EventLoop
    private(set) var limits: EdgeLimits
    let responder: any Responder
    var responseHead = ResponseHead()
    /// Asked about every connection that isn't local.
    package var gate: (any ConnectionGate)?
    /// Told of answers that can't wait.
    package var onAnswerTrouble: ((AnswerTrouble) -> Void)?
    private var lastTrouble: UInt64 = 0
    private let spoolFolder: String
    private let threads: NIOThreadPool
    private let store: AnswerStore
    private var random = SplitMix(seed: UInt64.random(in: .min ... .max))
    private var connections: [ObjectIdentifier: any EdgeConnection] = [:]
    private(set) var listeners: [any Channel] = []
    private var clock: RepeatedTask?
    private var isAccepting = true
    /// What new HTTPS connections are served under; set on the loop.
    package var terms: TLSTerms?

    /// An edge on `loop` whose requests go to `responder`; large bodies wait in `spoolFolder`.
    package init(
        loop: any EventLoop, limits: EdgeLimits, responder: any Responder, spoolFolder: String, threads: NIOThreadPool
    ) {
        self.loop = loop
        self.limits = limits
        self.responder = responder
        self.spoolFolder = spoolFolder
        self.threads = threads
        store = AnswerStore(folder: spoolFolder, threads: threads)
    }

    /// Open connections.
    package var connectionCount: Int { connections.count }

    /// Whether `drain()` is complete: the listeners are closed and no connection is open.
    package private(set) var isDrained = false

    /// Who comes through a listener.
    private enum Door { case plain, tls, local }

    /// Binds a TCP address, for HTTPS under `terms` if `isTLS`; connections wait in the system's queue until `open(_:)`.
    /// - Throws: what the system says, e.g. that the address is in use.
    package func bind(host: String, port: Int, isTLS: Bool = false) async throws -> EdgeListener {
        let channel = try await bootstrap(isTLS ? .tls : .plain)
            .serverChannelOption(ChannelOptions.autoRead, value: false)
            .bind(host: host, port: port).get()
        return try EdgeListener(channel: channel)
    }

    /// Listens on a Unix socket: callers there are local. A socket file left over by a dead server is replaced.
    package func listen(path: String) async throws {
        unlink(path)
        let before = umask(0o177)
        defer { umask(before) }
        let channel = try await bootstrap(.local).bind(unixDomainSocketPath: path).get()
        try await loop.submit { self.add(channel) }.get()
    }

    /// Takes connections.
    package func open(_ listener: EdgeListener) {
        listener.channel.setOption(ChannelOptions.autoRead, value: isAccepting).whenComplete { _ in }
        if isAccepting { listener.channel.read() }
        add(listener.channel)
    }

    /// Closes one listener; connections that came by it end with their current request.
    package func close(_ listener: EdgeListener) {
        let channel = listener.channel
        listeners.removeAll { $0 === channel }
        Doorkeeper.close(channel)
        loop.scheduleTask(in: .milliseconds(10)) {
            channel.close(promise: nil)
            for connection in self.connections.values where connection.listener === channel { connection.drain() }
        }
    }

    /// From now on these limits count, for open connections too.
    package func adopt(_ limits: EdgeLimits) {
        self.limits = limits
        accepts(connections.count < limits.connections)
    }

    private func add(_ listener: any Channel) {
        listeners.append(listener)
        guard clock == nil else { return }
        clock = loop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) { _ in
            let now = self.now()
            for connection in self.connections.values { connection.check(now: now) }
            if !self.isAccepting { self.makeRoom(now: now) }
            self.watchStore(now: now)
        }
    }

    /// Closes what has been idle longest when no more connections are taken, so that those who only hold
    /// connections don't keep away those who have a request.
    private func makeRoom(now: UInt64) {
        let idle = connections.values.compactMap { connection in
            connection.idleTime(now: now).map { (connection, $0) }
        }.filter { $0.1 > Self.shortestIdle }
        let longest = idle.sorted { $0.1 > $1.1 }.prefix(max(1, limits.connections / 100))
        for (connection, _) in longest { connection.cut() }
    }

    /// Bytes of answers that wait in a file for their clients.
    package var answersKept: Int { store.kept }

    /// Closes the connections whose answers have waited longest, until the rest fits.
    private func watchStore(now: UInt64) {
        if let failure = store.takeFailure(), lastTrouble == 0 || now - min(now, lastTrouble) > 60_000_000_000 {
            lastTrouble = now
            onAnswerTrouble?(.notKept(failure.detail))
        }
        store.trim()
        var kept = store.kept
        guard kept > limits.answerFiles else { return }
        let waiting = connections.values.compactMap { connection in connection.stored.map { (connection, $0) } }
        var closed = 0
        for (connection, stored) in waiting.sorted(by: { $0.1.oldest < $1.1.oldest }) where kept > limits.answerFiles {
            kept -= stored.room
            closed += 1
            connection.cut()
        }
        if closed > 0 { onAnswerTrouble?(.gaveWay(closed)) }
    }

    /// Where a connection's or a stream's answers wait for its client.
    func makeOutbox() -> AnswerOutbox { AnswerOutbox(store: store, limit: limits.answerMemory, loop: loop) }

    /// A client that has just got its answer may send its next request.
    private static let shortestIdle: UInt64 = 1_000_000_000

    private func bootstrap(_ door: Door) -> ServerBootstrap {
        ServerBootstrap(group: loop)
            .serverChannelOption(ChannelOptions.backlog, value: 4096)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(ChannelOptions.maxMessagesPerRead, value: 32)
            // Without descriptors left it waits a moment instead of trying again at once.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(ChannelOptions.maxMessagesPerRead, value: 1)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel, through: door) }
            }
    }

    private func accept(_ channel: any Channel, through door: Door) throws {
        if door != .local {
            try admit(channel)
            try channel.syncOptions?.setOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
        }
        switch door {
        case .plain: try serve(channel, isLocal: false)
        case .local: try serve(channel, isLocal: true)
        case .tls: try shakeHands(channel)
        }
    }

    /// HTTP/1.1 on `channel`.
    private func serve(_ channel: any Channel, isLocal: Bool, security: ConnectionSecurity? = nil) throws {
        let connection = ConnectionHandler(edge: self, channel: channel, isLocal: isLocal, security: security)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ConnectionMeter(connection: connection))
        try pipeline.addHandler(Self.decoder())
        try pipeline.addHandler(connection)
    }

    /// NIO's parser. What it reads has passed `ConnectionMeter` and its limits: its own are wider than any setting.
    static func decoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
        var wide = NIOHTTPDecoderLimitConfiguration()
        wide.maxHeaderFieldSize = 4 << 20
        wide.maxHeaderListSize = 64 << 20
        wide.maxHeaderFieldCount = 100_000
        return ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: wide))
    }

    private func admit(_ channel: any Channel) throws {
        guard let gate, let peer = channel.remoteAddress?.ipAddress else { return }
        guard gate.entered(peer) else { throw TooManyConnections() }
        channel.closeFuture.assumeIsolated().whenComplete { _ in gate.left(peer) }
    }

    private func shakeHands(_ channel: any Channel) throws {
        guard let terms else { throw ChannelError.operationUnsupported }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(LingeringClose())
        try pipeline.addHandler(TLSDoor())
        try pipeline.addHandler(terms.handler())
        try pipeline.addHandler(TLSHandshake(edge: self, channel: channel))
    }

    /// The protocol that the client chose in its TLS handshake.
    func serve(_ channel: any Channel, security: ConnectionSecurity, isHTTP2: Bool) throws {
        guard isHTTP2 else { return try serve(channel, isLocal: false, security: security) }
        try HTTP2Connection.serve(channel, edge: self, security: security)
    }

    /// Takes no more connections; open ones end with their current request.
    ///
    /// Closing a listening socket resets what the kernel has accepted and the program not yet. So new ones are
    /// kept away first, those that wait are taken, and then it closes.
    package func drain() {
        let listeners = self.listeners
        self.listeners = []
        for listener in listeners { Doorkeeper.close(listener) }
        loop.scheduleTask(in: .milliseconds(10)) {
            for listener in listeners { listener.close(promise: nil) }
            for connection in self.connections.values { connection.drain() }
        }
        loop.scheduleRepeatedTask(initialDelay: .milliseconds(30), delay: .milliseconds(30)) { task in
            let now = self.now()
            for connection in self.connections.values { connection.check(now: now) }
            self.isDrained = self.connections.isEmpty
            if self.isDrained { task.cancel() }
        }
    }

    /// Stops looking at the clock and closes everything.
    package func stop() {
        clock?.cancel()
        for connection in connections.values { connection.cut() }
    }

    func opened(_ connection: any EdgeConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if connections.count >= limits.connections { accepts(false) }
    }

    func closed(_ connection: any EdgeConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if !isAccepting, connections.count < limits.connections { accepts(true) }
    }

    /// Beyond `limits.connections` new ones wait in the system's queue.
    private func accepts(_ accepts: Bool) {
        guard isAccepting != accepts else { return }
        isAccepting = accepts
        for listener in listeners where listener.localAddress?.protocol != .unix {
            listener.setOption(ChannelOptions.autoRead, value: accepts).whenComplete { _ in }
            if accepts { listener.read() }
        }
    }

    func makeReceiver(limit: Int, folder: String?) -> BodyReceiver {
        BodyReceiver(
            limit: limit, threshold: limits.spool, folder: folder ?? spoolFolder, isShared: folder != nil,
            threads: threads, loop: loop)
    }

    /// The trace id that the caller sent (W3C Trace Context), or a new one.
    func makeTrace(_ headers: HTTPHeaders) -> TraceID {
        if let parent = headers.first(name: "traceparent"), let trace = TraceID(traceparent: parent) { return trace }
        return TraceID(using: &random)
    }

    func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): ids need to be distinct, not secret.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
