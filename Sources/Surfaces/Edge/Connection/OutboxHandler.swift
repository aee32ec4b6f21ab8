internal import NIOCore

/// Hands an answer on as fast as the client takes it. In the pipeline only of a connection that has had a large answer.
final class OutboxHandler: ChannelDuplexHandler, OutboxOwner {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// More bytes than this at a time wait here, not in the channel.
    static let large = 256 << 10
    private static let portion = 128 << 10
    /// So many portions in a row; then others have their turn.
    private static let turn = 32

    let outbox: AnswerOutbox
    private var context: ChannelHandlerContext?
    private var isPumping = false
    private var hasClosed = false
    private var closing: EventLoopPromise<Void>?
    /// Called when nothing waits any more.
    var onDrained: (() -> Void)?

    init(outbox: AnswerOutbox) {
        self.outbox = outbox
        outbox.owner = self
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { leave(ChannelError.ioOnClosedChannel) }

    func channelInactive(context: ChannelHandlerContext) {
        leave(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        if outbox.isEmpty, bytes.readableBytes <= Self.large { return context.write(data, promise: promise) }
        outbox.append(bytes)
        promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) {
        if outbox.isEmpty { context.flush() } else { pump() }
    }

    /// The end of the output follows the last byte.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output, !outbox.isEmpty {
            hasClosed = true
            closing = promise
            return
        }
        outbox.removeAll()
        context.close(mode: mode, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { pump() }
        context.fireChannelWritabilityChanged()
    }

    func outboxIsReady() { pump() }

    func outboxFailed() { context?.close(promise: nil) }

    private func pump() {
        guard let context, !isPumping, !outbox.isEmpty else { return }
        isPumping = true
        var left = Self.turn
        while left > 0, context.channel.isWritable, let part = outbox.take(upTo: Self.portion) {
            context.writeAndFlush(wrapOutboundOut(part), promise: nil)
            left -= 1
        }
        isPumping = false
        guard !outbox.isEmpty else { return drained(context) }
        if left == 0 { context.eventLoop.assumeIsolated().execute { self.pump() } }
    }

    private func drained(_ context: ChannelHandlerContext) {
        if hasClosed {
            hasClosed = false
            context.close(mode: .output, promise: closing.take())
        }
        onDrained?()
    }

    private func leave(_ error: ChannelError) {
        context = nil
        outbox.removeAll()
        closing.take()?.fail(error)
        onDrained = nil
    }
}
