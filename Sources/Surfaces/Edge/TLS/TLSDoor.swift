internal import NIOCore

/// Looks at the first byte of a connection to the HTTPS port: who speaks plain HTTP is told so, who speaks anything else
/// than TLS is let go.
final class TLSDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var isClosed = false

    /// What the first byte of a connection says.
    enum Visitor: Equatable {
        /// A handshake record (RFC 8446, section 5.1).
        case tls
        /// A request line.
        case plain
        case unknown

        init(firstByte byte: UInt8) {
            switch byte {
            case 0x16: self = .tls
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): self = .plain
            default: self = .unknown
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.readableBytesView.first else { return }
        switch Visitor(firstByte: first) {
        case .tls:
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        case .plain: refuse(context)
        case .unknown:
            isClosed = true
            context.close(promise: nil)
        }
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isClosed = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.answer)), promise: nil)
        context.close(promise: nil)
    }

    private static let answer: String = {
        let body =
            "{\"type\":\"about:blank\",\"title\":\"Plain HTTP on the HTTPS port\",\"status\":400,"
            + "\"code\":\"plain-http\",\"detail\":\"This port speaks TLS; use https:// in place of http://.\"}\n"
        return "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }()
}
