internal import NIOCore
internal import NIOHTTP1
internal import StewardCore

/// One HTTP/1.1 connection: one exchange at a time, later requests wait. Runs synchronously on its event loop.
final class ConnectionHandler: ChannelInboundHandler, ExchangeCarrier, EdgeConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// What the connection is doing; each has its deadline.
    enum Phase {
        /// Between requests. Next: `head`, `body`.
        case idle
        /// Part of a head has come. Next: `body`.
        case head
        /// A body is coming. Next: `answer`.
        case body
        /// The answer is being made or sent. Next: `idle`, `lingering`.
        case answer
        /// The last answer is sent; what still comes is thrown away.
        case lingering
    }

    /// Why nothing is read for now.
    struct Pause: OptionSet {
        let rawValue: UInt8
        /// The body comes faster than it can be written to its file.
        static let spool = Pause(rawValue: 1)
        /// A request waits for its turn.
        static let turn = Pause(rawValue: 2)
    }

    let edge: Edge
    let peer: String?
    let peerPort: Int
    let isLocal: Bool
    let peerProcess: Int32?
    /// The socket that it came by.
    let listener: (any Channel)?
    let security: ConnectionSecurity?
    /// The head of the answer, until it is sent.
    var answerHead = ByteBuffer()
    let allocator: ByteBufferAllocator
    private(set) var phase = Phase.idle
    var phaseSince: UInt64
    private(set) var context: ChannelHandlerContext?
    private(set) var exchange: Exchange?
    private(set) var pauses: Pause = []
    private(set) var isClosing = false
    var meter: ConnectionMeter?
    /// The bytes of the head that is just being decided, if any of them is beyond ASCII.
    var rawHead: ByteBuffer?
    /// Whether a value in that head ends with white space.
    var hasLooseEnds = false
    /// Heads and whole requests that the parser found.
    private(set) var heads = 0
    private(set) var requests = 0
    /// Bytes of the current request's body.
    private(set) var bodyBytes = 0
    /// Bytes of answers that were handed to the channel, and whether all of them are known to be with the system.
    private(set) var sent = 0
    var isFlushed = true
    /// How fast the body comes in, and the answer goes out, while somebody is slow.
    var inward: Pace?
    var outward: Pace?
    /// Where large answers wait, once there was one.
    private var outbox: OutboxHandler?
    private var discarded = 0
    /// The answer is complete, the request's body is not.
    private var isDone = false

    init(edge: Edge, channel: any Channel, isLocal: Bool, security: ConnectionSecurity? = nil) {
        self.edge = edge
        self.security = security
        self.isLocal = isLocal
        peerProcess = isLocal ? LocalPeer.process(of: channel) : nil
        listener = channel.parent
        allocator = channel.allocator
        peer = isLocal ? nil : channel.remoteAddress?.ipAddress
        peerPort = channel.remoteAddress?.port ?? 0
        phaseSince = edge.now()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        edge.opened(self)
    }

    // MARK: In

    /// Whether a new request may begin: not before the client takes what it has asked for.
    var isFree: Bool { exchange == nil && phase != .lingering && isWritable }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard phase != .lingering else { return }
        switch part {
        case .head(let head):
            heads += 1
            // One request at a time comes through; a second head would be the parser's reading alone.
            if exchange == nil { begin(head) }
        case .body(let bytes): body(bytes)
        case .end:
            requests += 1
            endOfRequest()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        let head = hasLooseEnds ? RequestRules.trimmed(head) : head
        let exchange = Exchange(
            head: head, trace: edge.makeTrace(head.headers), started: edge.now(), connection: self)
        self.exchange = exchange
        bodyBytes = 0
        if let raw = rawHead.take() { exchange.rawValues = RawHeaders.values(in: raw) }
        enter(.body, at: exchange.started)
        if let refusal = RequestRules.refusal(of: head, limits: edge.limits) {
            return refuse(exchange, refusal)
        }
        if head.headers.contains(name: "upgrade") || head.method == .CONNECT { exchange.keepsAlive = false }
        edge.responder.respond(to: exchange)
    }

    private func body(_ bytes: ByteBuffer) {
        bodyBytes += bytes.readableBytes
        guard let exchange, exchange.take(bytes) else { return }
        pause(true, for: .spool)
        exchange.whenCaughtUp { [weak self] in self?.pause(false, for: .spool) }
    }

    private func endOfRequest() {
        guard let exchange else { return }
        exchange.isBodyComplete = true
        inward = nil
        if exchange.isAnswered {
            if exchange.status != 0, isDone { next() }
        } else {
            enter(.answer, at: phaseSince == exchange.started ? phaseSince : edge.now())
            exchange.finishBody()
        }
    }

    /// Answers a request that is wrong in itself, and closes.
    func refuse(_ exchange: Exchange, _ problem: Problem) {
        exchange.keepsAlive = false
        edge.responder.refused(exchange, problem)
        exchange.reply(problem)
    }

    /// What comes has no meaning, or too late: the request gets a refusal, and the connection ends.
    func reject(_ problem: Problem) {
        guard phase != .lingering else { return drop() }
        if isDone { return linger() }
        guard exchange?.isAnswered != true else { return drop() }
        if let exchange {
            exchange.failBody(problem)
            if !exchange.isAnswered { refuse(exchange, problem) }
            return
        }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "")
        let exchange = Exchange(head: head, trace: edge.makeTrace([:]), started: edge.now(), connection: self)
        self.exchange = exchange
        refuse(exchange, problem)
    }

    /// Bytes that came after the last answer.
    func discard(_ count: Int) {
        discarded += count
        if discarded > edge.limits.lingerSize { drop() }
    }

    // MARK: Out

    func startHead(_ status: Int, _ trace: TraceID, to out: inout ByteBuffer) {
        edge.responseHead.start(status, trace: trace, to: &out)
    }

    func makeReceiver(limit: Int, folder: String?) -> BodyReceiver { edge.makeReceiver(limit: limit, folder: folder) }

    var isWritable: Bool { (context?.channel.isWritable ?? false) && outbox?.outbox.isEmpty ?? true }

    /// Bytes of answers that wait in the program.
    var waiting: Int {
        guard let channel = context?.channel else { return 0 }
        return TransportProgress.waiting(channel) + (outbox?.outbox.count ?? 0)
    }

    /// Whoever hasn't taken an answer by now is slow: it needn't wait in memory.
    func settle() { outbox?.outbox.settle() }

    /// What of them is in the store's file.
    var stored: (oldest: UInt64, room: Int)? { outbox?.outbox.stored }

    func enqueue(_ bytes: ByteBuffer) {
        sent += bytes.readableBytes
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    func send(_ bytes: ByteBuffer) {
        sent += bytes.readableBytes
        isFlushed = false
        if bytes.readableBytes > OutboxHandler.large { makeOutbox() }
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func makeOutbox() {
        guard outbox == nil, let context else { return }
        let handler = OutboxHandler(outbox: edge.makeOutbox())
        // Refused on a channel that is just closing: then its writes go nowhere either.
        let here = ChannelPipeline.SynchronousOperations.Position.before(self)
        guard (try? context.pipeline.syncOperations.addHandler(handler, position: here)) != nil else { return }
        handler.onDrained = { [weak self] in self?.becameWritable() }
        outbox = handler
    }

    private func becameWritable() {
        guard isWritable else { return }
        exchange?.onWritable?()
        meter?.pump()
    }

    /// Whether the rest of this request's body is small enough to read and throw away.
    func willDrain(_ exchange: Exchange) -> Bool {
        guard let length = exchange.announcedLength else { return !exchange.announcesBody }
        return length - bodyBytes <= edge.limits.unreadBody && exchange.head.headers.first(name: "expect") == nil
    }

    /// The answer is complete.
    func ended(_ exchange: Exchange) {
        guard exchange.keepsAlive else { return linger() }
        isDone = true
        if exchange.isBodyComplete { next() } else { enter(.body) }
    }

    private func next() {
        isDone = false
        exchange = nil
        enter(.idle)
        meter?.pump()
    }

    /// Sends what is left, then waits a moment for the peer to close: closing with unread bytes would make
    /// the kernel reset the connection and the client lose the answer (RFC 9112, section 9.6).
    private func linger() {
        exchange = nil
        inward = nil
        enter(.lingering)
        pause(false, for: [.spool, .turn])
        context?.close(mode: .output, promise: nil)
    }

    func cut(_ exchange: Exchange) { cut() }

    /// Closes at once, without the end of the answer, which has been told that it is cut.
    func cut() {
        exchange = nil
        drop()
    }

    /// Closes at once; a call that runs is cancelled.
    func drop() { context?.close(promise: nil) }

    func pause(_ paused: Bool, for reason: Pause) {
        let before = pauses
        if paused { pauses.formUnion(reason) } else { pauses.subtract(reason) }
        guard before.isEmpty != pauses.isEmpty else { return }
        context?.channel.setOption(ChannelOptions.autoRead, value: pauses.isEmpty).whenComplete { _ in }
        if pauses.isEmpty { context?.read() }
    }

    // MARK: Life

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        becameWritable()
    }

    /// The client closed, or ended its side: either cancels the call.
    func channelInactive(context: ChannelHandlerContext) { leave() }

    /// A channel that never became active is only removed.
    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        let exchange = self.exchange
        self.exchange = nil
        context = nil
        outbox = nil
        meter?.release()
        meter = nil
        edge.closed(self)
        exchange?.abandon()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The client ended its side within a request: it left.
        case HTTPParserError.invalidEOFState: drop()
        case HTTPParserError.invalidMethod:
            reject(
                Problem(
                    "unknown-method", status: 501, title: "Not implemented",
                    detail: "The request's method is unknown; methods are written in capitals."))
        case is HTTPParserError: reject(HeadScan.badLine("The request is not valid HTTP: \(error)."))
        // What follows bytes that the parser refused; the answers to what came before them are still due.
        case is ByteToMessageDecoderError: break
        default: context.close(promise: nil)
        }
    }

    func enter(_ phase: Phase, at now: UInt64? = nil) {
        self.phase = phase
        phaseSince = now ?? edge.now()
    }

    func headBegan() {
        if phase == .idle { enter(.head) }
    }

    /// No more requests after this one. An idle connection stays a moment: a request may be on its way to it,
    /// and gets its answer with `Connection: close`.
    func drain() {
        isClosing = true
        if phase == .idle { enter(.idle) }
    }
}
