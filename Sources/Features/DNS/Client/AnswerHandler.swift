internal import NIOCore

/// What an exchange over one transport gave.
enum Reply: Sendable {
    case answer(Message)
    /// TC is set.
    case truncated
}

/// Sends a message from a connected UDP socket, again each time that nothing came, and waits for its answer.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = ByteBuffer

    private let request: [UInt8]
    private let check: AnswerCheck
    private let promise: EventLoopPromise<Reply>
    private let limits: DNSClient.Limits
    private var sent = 0
    private var stray: String?
    private var timer: Scheduled<Void>?

    init(
        _ request: [UInt8], _ check: AnswerCheck, _ limits: DNSClient.Limits, _ promise: EventLoopPromise<Reply>
    ) {
        (self.request, self.check, self.limits, self.promise) = (request, check, limits, promise)
    }

    func channelActive(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
        guard sent < limits.tries else {
            if let stray { return fail(.damaged, stray) }
            return fail(.timeout, "nothing came within \(limits.tryTime * limits.tries), asked \(limits.tries) times")
        }
        sent += 1
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.tryTime)) { self.send(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch check(Array(unwrapInboundIn(data).data.readableBytesView)) {
        case .answer(let message): promise.succeed(.answer(message))
        case .truncated: promise.succeed(.truncated)
        case .refused(let failure): promise.fail(failure)
        // Somebody else's, perhaps a forgery: the real one may still come.
        case .stray(let text): stray = text
        }
    }

    private func fail(_ reason: DNSFailure.Reason, _ text: String) {
        promise.fail(DNSFailure(reason, check.server, text))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        fail(.local, "the socket was closed")
    }
}

/// Sends a message over TCP (RFC 1035, section 4.2.2: two bytes of length before it) and waits for its answer.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: [UInt8]
    private let check: AnswerCheck
    private let promise: EventLoopPromise<Reply>
    private var received = ByteBuffer()

    init(_ request: [UInt8], _ check: AnswerCheck, _ promise: EventLoopPromise<Reply>) {
        (self.request, self.check, self.promise) = (request, check, promise)
    }

    func channelActive(context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: request.count + 2)
        buffer.writeInteger(UInt16(truncatingIfNeeded: request.count))
        buffer.writeBytes(request)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        guard let bytes = received.readLengthPrefixedSlice(as: UInt16.self) else { return }
        switch check(Array(bytes.readableBytesView)) {
        case .answer(let message): promise.succeed(.answer(message))
        case .refused(let failure): promise.fail(failure)
        case .truncated: promise.fail(DNSFailure(.damaged, check.server, "the answer is cut over TCP too"))
        case .stray(let text): promise.fail(DNSFailure(.damaged, check.server, text))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(DNSFailure(.damaged, check.server, "it closed the TCP connection without an answer"))
    }
}
