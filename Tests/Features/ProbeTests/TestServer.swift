import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import StewardProbe

/// A server on a free loopback port that treats each connection by `serve`.
struct TestServer {
    let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Listens on `address`; `handlers` makes those of each connection.
    init(on address: String = "127.0.0.1", _ handlers: @escaping @Sendable () throws -> [any ChannelHandler])
        async throws
    {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandlers(handlers())
                }
            }
            .bind(host: address, port: 0).get()
    }

    /// One that answers in lines and then, behind `go`, speaks TLS.
    static func lines(_ replies: [String], then tls: NIOSSLContext?) async throws -> TestServer {
        try await TestServer { [LineServer(replies, tls)] }
    }

    /// A target there.
    func target(_ dialect: Dialect = .tls, name: String? = "probe.example") -> ProbeTarget {
        ProbeTarget("127.0.0.1", port: port, dialect: dialect, name: name)
    }

    func stop() async { try? await channel.close() }

    /// TLS as a server with the certificate of `probe.example`.
    static func security(_ change: (inout TLSConfiguration) -> Void = { _ in }) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try certificate)],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)))
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    /// The certificate.
    static var certificate: NIOSSLCertificate {
        get throws { try NIOSSLCertificate(bytes: Array(certificatePEM.utf8), format: .pem) }
    }

    private static let certificatePEM = """
        -----BEGIN CERTIFICATE-----
        MIIBoTCCAUegAwIBAgIUbvyvOIxvSEweh1k0qS1r/7MroyMwCgYIKoZIzj0EAwIw
        GDEWMBQGA1UEAwwNcHJvYmUuZXhhbXBsZTAgFw0yNjExMjUwMjUxMDJaGA8yMTI2
        MTEwMTAyNTEwMlowGDEWMBQGA1UEAwwNcHJvYmUuZXhhbXBsZTBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABKY5zPnuhc9Mk1GiS8csYr+OtmEO7iqpZqbkOaGyOvfI
        xx73TKLWY06ztcjKKX4Sk1qeo5jDoGr0Ej5Ta1vnp1WjbTBrMB0GA1UdDgQWBBSk
        tx9TNIUiSEK20UYZvZQARBpxATAfBgNVHSMEGDAWgBSktx9TNIUiSEK20UYZvZQA
        RBpxATAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDXByb2JlLmV4YW1wbGUw
        CgYIKoZIzj0EAwIDSAAwRQIgVVP2fpYyfcUYkW5Hjrh7/6PkL83aDnYzNSMgwOaL
        rBkCIQDWBrzbBsffITtEZy2nMKEruvQYj3lBs0jBaIETYSjISQ==
        -----END CERTIFICATE-----
        """

    private static let keyPEM = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdlGZE3JURjy0og8E
        J4GLCSbtDS1V6t/PeHmj5HEVcz2hRANCAASmOcz57oXPTJNRokvHLGK/jrZhDu4q
        qWam5Dmhsjr3yMce90yi1mNOs7XIyil+EpNanqOYw6Bq9BI+U2tb56dV
        -----END PRIVATE KEY-----
        """
}

/// Sends the first reply at once and one more for each line that comes; after the last, TLS begins.
private final class LineServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var replies: [String]
    private let security: NIOSSLContext?

    init(_ replies: [String], _ security: NIOSSLContext?) { (self.replies, self.security) = (replies, security) }

    func channelActive(context: ChannelHandlerContext) { answer(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { answer(context) }

    private func answer(_ context: ChannelHandlerContext) {
        guard !replies.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: replies.removeFirst())), promise: nil)
        guard replies.isEmpty, let security else { return }
        try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security), position: .before(self))
    }
}

/// Sends `bytes` as soon as the connection stands, one every `pause`, and closes behind them if told to.
final class Sayer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let bytes: [UInt8]
    private let pause: TimeAmount?
    private let closes: Bool

    init(_ text: String, pause: TimeAmount? = nil, closes: Bool = false) {
        (bytes, self.pause, self.closes) = (Array(text.utf8), pause, closes)
    }

    func channelActive(context: ChannelHandlerContext) { say(0, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    private func say(_ index: Int, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard let pause else {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            if closes { context.close(promise: nil) }
            return
        }
        let byte = bytes[index % bytes.count]
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [byte])), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.say(index + 1, context) }
    }
}
