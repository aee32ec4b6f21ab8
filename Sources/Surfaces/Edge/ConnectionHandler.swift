internal import NIOCore
internal import NIOHTTP1
internal import StewardCore

/// One HTTP/1.1 connection: one exchange at a time, later requests wait. Runs synchronously on its event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// What the connection is doing; each has its deadline.
    enum Phase {
        /// Between requests. Next: `head`.
        case idle
        /// Part of a head has come. Next: `body`, `answer`.
        case head
        /// A body is coming. Next: `answer`.
        case body
        /// The answer is being made or sent. Next: `idle`, `lingering`.
        case answer
        /// The last answer is sent; what still comes is thrown away.
        case lingering
    }

    let edge: Edge
    let peer: String?
    let peerPort: Int
    let isLocal: Bool
    /// The socket that it came by.
    let listener: (any Channel)?
    let allocator: ByteBufferAllocator
    private(set) var phase = Phase.idle
    private var phaseSince: UInt64
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var inbox = CircularBuffer<HTTPServerRequestPart>()
    private var isReading = true
    private(set) var isClosing = false
    /// Bytes of the head that is coming in.
    var headBytes = 0
    /// The bytes of that head as they came, while it is incomplete or just being decided.
    var rawHead: ByteBuffer?
    private var sentAt: UInt64 = 0
    private static let drainable = 64 << 10

    init(edge: Edge, channel: any Channel, isLocal: Bool) {
        self.edge = edge
        self.isLocal = isLocal
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

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard phase != .lingering else { return }
        if let exchange, exchange.isBodyComplete || !inbox.isEmpty {
            inbox.append(part)
            if inbox.count > 64 { pause(true) }
        } else {
            take(part)
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes): body(bytes)
        case .end: endOfRequest()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        headBytes = 0
        let exchange = Exchange(
            head: head, trace: edge.makeTrace(head.headers), started: edge.now(), connection: self)
        self.exchange = exchange
        if let raw = rawHead.take(), RawHeaders.hasHighBytes(raw) { exchange.rawValues = RawHeaders.values(in: raw) }
        enter(.body, at: exchange.started)
        if let refusal = RequestRules.refusal(of: head, limits: edge.limits) {
            return refuse(exchange, refusal)
        }
        if head.headers.contains(name: "upgrade") || head.method == .CONNECT { exchange.keepsAlive = false }
        edge.responder.respond(to: exchange)
    }

    private func body(_ bytes: ByteBuffer) {
        guard let exchange, let receiver = exchange.receiver, exchange.completion != nil else { return }
        do {
            guard try receiver.append(bytes) else { return exchange.failBody(Exchange.tooLarge(receiver.limit)) }
        } catch {
            exchange.failBody(
                Problem("spool-failed", status: 507, title: "Insufficient storage", detail: error.detail))
        }
        if receiver.unwritten > 4 << 20 {
            pause(true)
            receiver.onDrained = { [weak self, weak receiver] in
                if let receiver, receiver.unwritten < 1 << 20 { self?.pause(false) }
            }
        }
    }

    private func endOfRequest() {
        guard let exchange else { return }
        exchange.isBodyComplete = true
        if exchange.isAnswered {
            if exchange.status != 0, isDone { next(at: edge.now()) }
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

    /// The parser or the meter gave up. A request before the bad one gets its own answer first.
    func reject(_ problem: Problem) {
        if let exchange, exchange.isBodyComplete {
            deferred = deferred ?? problem
            return
        }
        guard phase != .lingering, exchange == nil || exchange?.isAnswered == false else {
            return context?.close(promise: nil) ?? ()
        }
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

    // MARK: Out

    func startHead(_ status: Int, _ trace: TraceID, to out: inout ByteBuffer) {
        edge.responseHead.start(status, trace: trace, to: &out)
    }

    func makeReceiver(limit: Int, folder: String?) -> BodyReceiver { edge.makeReceiver(limit: limit, folder: folder) }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func enqueue(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    func send(_ bytes: ByteBuffer) {
        sentAt = edge.now()
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Whether the rest of this request's body is small enough to read and throw away.
    func willDrain(_ exchange: Exchange) -> Bool {
        guard let length = exchange.announcedLength else { return !exchange.announcesBody }
        return length - exchange.bytesIn <= Self.drainable
            && exchange.head.headers.first(name: "expect") == nil
    }

    private var isDone = false
    /// What is wrong with the bytes after the requests that are still to be answered.
    private var deferred: Problem?

    /// The answer is complete.
    func ended(_ exchange: Exchange) {
        guard exchange.keepsAlive else { return linger() }
        isDone = true
        if exchange.isBodyComplete { next(at: sentAt) } else { enter(.body) }
    }

    private func next(at now: UInt64) {
        isDone = false
        exchange = nil
        enter(.idle, at: now)
        while !inbox.isEmpty, exchange == nil || exchange?.isBodyComplete == false { take(inbox.removeFirst()) }
        if exchange == nil, inbox.isEmpty, let problem = deferred { return reject(problem) }
        if inbox.count < 16 { pause(false) }
    }

    /// Sends what is left, then waits a moment for the peer to close: closing with unread bytes would make
    /// the kernel reset the connection and the client lose the answer (RFC 9112, section 9.6).
    private func linger() {
        exchange = nil
        inbox.removeAll()
        enter(.lingering)
        pause(false)
        context?.close(mode: .output, promise: nil)
    }

    /// Closes at once, without the end of the answer.
    func cut() {
        exchange = nil
        context?.close(promise: nil)
    }

    private func pause(_ paused: Bool) {
        guard isReading == paused else { return }
        isReading = !paused
        context?.channel.setOption(ChannelOptions.autoRead, value: !paused).whenComplete { _ in }
        if !paused { context?.read() }
    }

    // MARK: Life

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            sentAt = edge.now()
            exchange?.onWritable?()
        }
    }

    func channelInactive(context: ChannelHandlerContext) { leave() }

    /// A channel that never became active is only removed.
    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        let exchange = self.exchange
        self.exchange = nil
        context = nil
        edge.closed(self)
        exchange?.abandon()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            reject(
                Problem(
                    "bad-request", status: 400, title: "Bad request", detail: "The request is not valid HTTP: \(error)."
                ))
        } else {
            context.close(promise: nil)
        }
    }

    private func enter(_ phase: Phase, at now: UInt64? = nil) {
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

    private static let lastGrace: UInt64 = 500_000_000

    /// Looks at the clock.
    func check(now: UInt64) {
        let age = now - min(now, phaseSince)
        let limits = edge.limits
        switch phase {
        case .idle:
            let patience = isClosing ? Self.lastGrace : UInt64(limits.keepAlive.nanoseconds)
            if age > patience { context?.close(promise: nil) }
        case .head:
            if age > UInt64(limits.header.nanoseconds) {
                reject(
                    Problem("header-timeout", status: 408, title: "Request timeout", detail: "The head took too long."))
            }
        case .body: checkBody(age: age)
        case .answer:
            if !isWritable, now - min(now, sentAt) > UInt64(limits.write.nanoseconds) { context?.close(promise: nil) }
        case .lingering:
            if age > 2_000_000_000 { context?.close(promise: nil) }
        }
    }

    private func checkBody(age: UInt64) {
        guard let exchange, !exchange.isBodyComplete, age > 10_000_000_000, isReading else { return }
        guard exchange.bytesIn < Int(age / 1_000_000_000) * edge.limits.bodyRate else { return }
        reject(
            Problem(
                "body-timeout", status: 408, title: "Request timeout",
                detail: "The body came slower than \(edge.limits.bodyRate) bytes a second."))
    }
}

/// Watches raw bytes before the parser: when a head begins, and when it grows too large to wait for its end.
final class ConnectionMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler

    init(connection: ConnectionHandler) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let wasInHead = connection.phase == .idle || connection.phase == .head
        if wasInHead {
            connection.headBytes += bytes.readableBytes
            if connection.rawHead == nil {
                connection.rawHead = bytes
            } else {
                connection.rawHead?.writeImmutableBuffer(bytes)
            }
        }
        context.fireChannelRead(data)
        guard wasInHead, connection.phase == .idle || connection.phase == .head else { return }
        guard connection.headBytes > 0 else { return }
        connection.headBegan()
        if connection.headBytes > connection.edge.limits.headers + connection.edge.limits.line {
            connection.reject(RequestRules.tooLarge("The head of the request has no end."))
        }
    }
}
