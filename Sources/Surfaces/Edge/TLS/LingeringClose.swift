internal import NIOCore

/// Closes in two steps: what the server has said last (an alert, GOAWAY, an answer) goes out, and what still comes is
/// thrown away for a moment. Closing with unread bytes would make the kernel reset the connection and the client lose it
/// (RFC 9112, section 9.6).
final class LingeringClose: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private var isLingering = false
    /// Whether the handlers above have said their last word, and lingered.
    private var isOutputClosed = false
    private static let patience = TimeAmount.seconds(1)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isLingering { context.fireChannelRead(data) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all else {
            isOutputClosed = true
            return context.close(mode: mode, promise: promise)
        }
        context.channel.closeFuture.cascade(to: promise)
        guard !isLingering else { return }
        guard context.channel.isActive, !isOutputClosed else { return context.close(promise: nil) }
        isLingering = true
        context.close(mode: .output, promise: nil)
        try? context.channel.syncOptions?.setOption(ChannelOptions.autoRead, value: true)
        context.read()
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { context.close(promise: nil) }
    }
}
