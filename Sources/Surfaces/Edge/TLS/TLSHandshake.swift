internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import StewardCore

/// A connection until its TLS handshake is complete; then HTTP/1.1 or HTTP/2 takes over, as the client chose.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler, EdgeConnection {
    typealias InboundIn = ByteBuffer

    private let edge: Edge
    private let channel: any Channel
    private let began: UInt64

    init(edge: Edge, channel: any Channel) {
        self.edge = edge
        self.channel = channel
        began = edge.now()
    }

    func handlerAdded(context: ChannelHandlerContext) { edge.opened(self) }

    func handlerRemoved(context: ChannelHandlerContext) { edge.closed(self) }

    func channelInactive(context: ChannelHandlerContext) {
        edge.closed(self)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            try edge.serve(channel, security: try security(context), isHTTP2: negotiated == "h2")
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func security(_ context: ChannelHandlerContext) throws -> ConnectionSecurity {
        let handler = try context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        return ConnectionSecurity(
            version: handler.tlsVersion == .tlsv13 ? "TLSv1.3" : "TLSv1.2",
            clientCertificate: handler.peerCertificate.flatMap { ClientCertificate($0) })
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func check(now: UInt64) {
        if now - min(now, began) > UInt64(edge.limits.handshake.nanoseconds) { cut() }
    }

    /// Its client learns nothing from a handshake that ends in a closed connection, but tries again elsewhere.
    func drain() { cut() }

    var listener: (any Channel)? { channel.parent }

    var stored: (oldest: UInt64, room: Int)? { nil }

    /// A handshake has its own deadline.
    func idleTime(now: UInt64) -> UInt64? { nil }

    func cut() { channel.close(promise: nil) }
}
