internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP1
internal import NIOHTTP2
internal import StewardCore

/// One stream: a request and its answer.
final class HTTP2Stream: ChannelInboundHandler, ExchangeCarrier, OutboxOwner {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// What the stream is doing; each has its deadline.
    enum Phase {
        /// A body is coming. Next: `answer`, `sending`.
        case body
        /// The answer is being made. Next: `sending`.
        case answer
        /// The answer is complete and on its way. Next: `done`.
        case sending
        /// Nothing more happens.
        case done
    }

    private let connection: HTTP2Connection
    let channel: any Channel
    var edge: Edge { connection.edge }
    private(set) var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private(set) var phase = Phase.body
    private var phaseSince: UInt64 = 0
    private var isReading = true
    private var isRequestComplete = false
    /// The head of the answer, until it is sent.
    var answerHead: HPACKHeaders?
    /// What of the answer waits for the client to take what it has.
    private(set) lazy var outbox = makeOutbox()
    /// Whether the stream ends with the last of `outbox`.
    var isEnding = false
    /// Bytes of the answer that the client's flow control has let go.
    var taken = 0
    private var bodyBytes = 0
    private var inward: Pace?
    private var outward: Pace?

    var peer: String? { connection.peer }
    var peerPort: Int { connection.peerPort }
    var peerProcess: Int32? { nil }
    var isLocal: Bool { false }
    var security: ConnectionSecurity? { connection.security }
    var isWritable: Bool { outbox.isEmpty && channel.isWritable }

    init(connection: HTTP2Connection, channel: any Channel) {
        self.connection = connection
        self.channel = channel
    }

    private func makeOutbox() -> AnswerOutbox {
        let outbox = edge.makeOutbox()
        outbox.owner = self
        return outbox
    }

    func outboxIsReady() {
        pump()
        if isWritable { exchange?.onWritable?() }
    }

    func outboxFailed() { give(up: .internalError) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let part):
            if exchange == nil, phase == .body, !isRequestComplete { begin(part) }
            if part.endStream { endOfRequest() }
        case .data(let part):
            if case .byteBuffer(let bytes) = part.data { body(bytes) }
            if part.endStream { endOfRequest() }
        default: break
        }
    }

    private func begin(_ part: HTTP2Frame.FramePayload.Headers) {
        let now = edge.now()
        phaseSince = now
        connection.opened(self, id: streamID)
        let head = HTTP2Rules.head(part.headers)
        let exchange = Exchange(head: head, trace: edge.makeTrace(head.headers), started: now, connection: self)
        exchange.hasOpenBody = !part.endStream
        exchange.isBodyComplete = part.endStream
        isRequestComplete = part.endStream
        if part.endStream { phase = .answer }
        self.exchange = exchange
        if let refusal = HTTP2Rules.refusal(of: head, limits: edge.limits) { return refuse(exchange, refusal) }
        edge.responder.respond(to: exchange)
    }

    private var streamID: HTTP2StreamID {
        (try? channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID)) ?? .rootStream
    }

    private func body(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        bodyBytes += bytes.readableBytes
        guard let exchange, exchange.take(bytes) else { return }
        pause(true)
        exchange.whenCaughtUp { [weak self] in self?.pause(false) }
    }

    private func endOfRequest() {
        guard !isRequestComplete else { return }
        isRequestComplete = true
        guard let exchange else { return }
        exchange.isBodyComplete = true
        guard !exchange.isAnswered else { return }
        phase = .answer
        exchange.finishBody()
    }

    private func refuse(_ exchange: Exchange, _ problem: Problem) {
        edge.responder.refused(exchange, problem)
        exchange.reply(problem)
    }

    private func pause(_ paused: Bool) {
        guard isReading == paused else { return }
        isReading = !paused
        try? channel.syncOptions?.setOption(ChannelOptions.autoRead, value: !paused)
        if !paused { context?.read() }
    }

    func makeReceiver(limit: Int, folder: String?) -> BodyReceiver { edge.makeReceiver(limit: limit, folder: folder) }

    /// `date` and `x-trace-id` after the status.
    func fields(_ status: Int, _ trace: TraceID) -> HPACKHeaders {
        [
            ":status": String(status), "date": edge.responseHead.dateText(), "x-trace-id": trace.description,
        ]
    }

    // MARK: Life

    /// The answer is handed over; what waits of it is still to be sent.
    func ended(_ exchange: Exchange) {
        self.exchange = nil
        if phase != .done { phase = .sending }
    }

    func cut(_ exchange: Exchange) {
        self.exchange = nil
        reset(.internalError)
    }

    /// The last byte of the answer is sent: a client that is still sending its request need not go on
    /// (RFC 9113, section 8.1).
    func sent() {
        guard phase != .done else { return }
        if isRequestComplete { phase = .done } else { reset(.noError) }
    }

    private func reset(_ code: HTTP2ErrorCode) {
        guard phase != .done else { return }
        phase = .done
        outbox.removeAll()
        context?.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard channel.isWritable else { return }
        pump()
        if isWritable { exchange?.onWritable?() }
    }

    func channelInactive(context: ChannelHandlerContext) { leave() }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        let exchange = self.exchange
        self.exchange = nil
        context = nil
        phase = .done
        outbox.removeAll()
        connection.closed(self)
        // The last frame may have closed the stream while it was being handed over.
        if !isEnding { exchange?.abandon() }
    }

    /// The channel's end follows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// Looks at the clock.
    func check(now: UInt64) {
        switch phase {
        case .body: checkBody(now: now)
        case .answer, .sending: checkWriting(now: now)
        case .done: break
        }
    }

    /// While something of the answer waits the client is the slower one.
    private func checkWriting(now: UInt64) {
        let window = edge.limits.write
        var pace = outward ?? Pace(window: UInt64(window.nanoseconds), now: now, bytes: taken)
        pace.look(taken, now: now, counts: phase == .sending || !isWritable)
        outward = pace
        outbox.settle()
        if pace.isStalled || pace.isBelow(edge.limits.writeRate, over: window) { give(up: .cancel) }
    }

    private func give(up code: HTTP2ErrorCode) {
        let exchange = self.exchange
        self.exchange = nil
        reset(code)
        exchange?.abandon()
    }

    private func checkBody(now: UInt64) {
        guard let exchange, !isRequestComplete, edge.limits.bodyRate > 0 else { return }
        let window = edge.limits.bodyWindow
        var pace = inward ?? Pace(window: UInt64(window.nanoseconds), now: phaseSince, bytes: 0)
        pace.look(bodyBytes, now: now, counts: isReading)
        inward = pace
        guard pace.isBelow(edge.limits.bodyRate, over: window) else { return }
        let problem = Problem(
            "body-timeout", status: 408, title: "Request timeout",
            detail: "The body came slower than \(edge.limits.bodyRate) bytes a second (`limits.body_rate`).")
        exchange.failBody(problem)
        if !exchange.isAnswered { refuse(exchange, problem) }
    }
}
