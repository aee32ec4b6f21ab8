internal import NIOCore

/// Watches the bytes of an HTTP/2 connection on both sides of the parser: since when something is incomplete, and
/// whether the parser has told the peer that the connection is over.
final class HTTP2Meter: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let edge: Edge
    private var context: ChannelHandlerContext?
    private var inbound = HTTP2FrameScanner(hasPreface: true)
    private var outbound = HTTP2FrameScanner(hasPreface: false)
    /// When the frame, header block or preface began that is not complete yet.
    private(set) var unfinishedSince: UInt64?

    init(edge: Edge) {
        self.edge = edge
        unfinishedSince = edge.now()
    }

    /// Whether the peer was told of an error of the whole connection.
    var isFatal: Bool { outbound.goAwayCode.map { $0 != 0 } ?? false }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// GOAWAY that names no last stream: the client is to open no more, and those on their way are still answered
    /// (RFC 9113, section 6.8). After one that goes through the parser it refuses every new stream.
    func announceEnd() {
        var frame = ByteBuffer()
        frame.writeBytes([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        context?.writeAndFlush(NIOAny(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbound.scan(unwrapInboundIn(data))
        if !inbound.isUnfinished {
            unfinishedSince = nil
        } else if unfinishedSince == nil {
            unfinishedSince = edge.now()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .byteBuffer(var bytes) = unwrapOutboundIn(data) {
            outbound.scan(bytes)
            correct(&bytes)
            // The TLS handler takes buffers.
            return context.write(NIOAny(bytes), promise: promise)
        }
        context.write(data, promise: promise)
    }

    /// A header block on a stream that the client had ended is STREAM_CLOSED (RFC 9113, section 5.1); the parser says
    /// PROTOCOL_ERROR.
    private func correct(_ frame: inout ByteBuffer) {
        guard !inbound.reopened.isEmpty, frame.readableBytes == 13 else { return }
        let start = frame.readerIndex
        guard frame.getInteger(at: start + 3, as: UInt8.self) == 3,
            let stream = frame.getInteger(at: start + 5, as: UInt32.self), inbound.reopened.contains(stream),
            frame.getInteger(at: start + 9, as: UInt32.self) == 1
        else { return }
        frame.setInteger(UInt32(5), at: start + 9)
    }
}
