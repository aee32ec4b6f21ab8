import NIOCore
import NIOPosix

@testable import StewardDNS

/// A name server that answers as a test wants it: what no real one would send.
enum StandInServer {

    /// Answers each question with what `answer` makes of it, in order. What is no question is passed over: a late answer,
    /// say, to a client that had the port before.
    static func with<Value>(
        _ answer: @escaping @Sendable ([UInt8]) -> [[UInt8]], host: String = "127.0.0.1",
        _ body: (NameServer) async throws -> Value
    ) async throws -> Value {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answer))
                }
            }
            .bind(host: host, port: 0).get()
        defer { channel.close(promise: nil) }
        return try await body(NameServer(host, port: channel.localAddress?.port ?? 0))
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        let answer: @Sendable ([UInt8]) -> [[UInt8]]

        init(_ answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            let bytes = Array(envelope.data.readableBytesView)
            guard let message = try? Message(bytes: bytes), !message.isResponse, !message.questions.isEmpty else {
                return
            }
            for bytes in answer(bytes) {
                let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
                context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
            }
        }
    }
}
