import NIOCore
import NIOSSL
import NIOTLS

/// Carries out one probe on a connection: runs the dialogue, begins TLS, watches every phase's deadline, says goodbye.
/// The outcome is told when the connection is closed, so that whoever waits for it holds no descriptor any more.
final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// dialogue -> handshake -> farewell -> over; every phase may go straight to over.
    private enum Phase { case dialogue, handshake, farewell, over }

    private let target: ProbeTarget
    private let limits: ProbeLimits
    private let security: NIOSSLContext
    private let outcome: EventLoopPromise<Presentation>
    private var dialogue: (any Dialogue)?
    private var phase = Phase.dialogue
    private var chain: [[UInt8]] = []
    private var hello: HelloReader.Verdict?
    private var refusal: String?
    private var failure: ProbeFailure?
    private var timing = ProbeTiming()
    private var begun = NIODeadline.now()
    private var deadline: Scheduled<Void>?

    init(
        _ target: ProbeTarget, limits: ProbeLimits, security: NIOSSLContext, outcome: EventLoopPromise<Presentation>
    ) {
        self.target = target
        self.limits = limits
        self.security = security
        self.outcome = outcome
        dialogue = target.dialect.dialogue(name: target.name, clientName: target.clientName)
    }

    func channelActive(context: ChannelHandlerContext) {
        timing.connect = lap()
        watch(limits.dialogue, context)
        perform(dialogue?.begin() ?? [.startTLS], context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .dialogue else { return }
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        guard !bytes.isEmpty, let actions = dialogue?.receive(bytes) else { return }
        perform(actions, context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent, phase == .handshake else { return }
        timing.handshake = lap()
        phase = .farewell
        watch(limits.farewell, context)
        send(dialogue?.farewell ?? [], context)
        // A server that wants a client's certificate in TLS 1.3 says so only now, by an alert.
        if dialogue?.farewell.isEmpty ?? true { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .dialogue:
            fail(.closed, "the connection broke: \(error)", context)
        case .handshake:
            timing.handshake = lap()
            fail(.tls, reason(of: error), context)
        case .farewell:
            if case .handshakeFailed? = error as? NIOSSLError { refusal = reason(of: error) }
            if case .sslError? = error as? BoringSSLError { refusal = reason(of: error) }
            context.close(promise: nil)
        case .over:
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .dialogue: fail(.closed, "it closed the connection before TLS", context)
        case .handshake: fail(.closed, "it closed the connection during the TLS handshake", context)
        case .farewell, .over: break
        }
        deadline?.cancel()
        settle()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        settle()
    }

    /// Keeps the chain; the security context calls it during the handshake.
    private func keep(_ certificates: [NIOSSLCertificate]) {
        chain = certificates.compactMap { try? $0.toDERBytes() }
    }

    private func perform(_ actions: [DialogueAction], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .send(let bytes): send(bytes, context)
            case .startTLS: startTLS(context)
            case .fail(let failure): fail(failure.reason, failure.text, context)
            }
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        timing.dialogue = lap()
        phase = .handshake
        watch(limits.handshake, context)
        do {
            let handler = try NIOSSLClientHandler(context: security, serverHostname: target.name) { chain, promise in
                self.keep(chain)
                promise.succeed(.certificateVerified)
            }
            let operations = context.pipeline.syncOperations
            try operations.addHandler(HelloWatch { self.hello = $0 }, position: .before(self))
            try operations.addHandler(handler, position: .before(self))
        } catch {
            fail(.local, "TLS can't be begun here: \(error)", context)
        }
    }

    private func watch(_ time: Duration, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
            self.expire(after: time, context)
        }
    }

    private func expire(after time: Duration, _ context: ChannelHandlerContext) {
        switch phase {
        case .dialogue: fail(.timeout, "it gave no go-ahead for TLS within \(time)", context)
        case .handshake: fail(.timeout, "the TLS handshake wasn't done within \(time)", context)
        case .farewell, .over: context.close(promise: nil)
        }
    }

    private func fail(_ reason: ProbeFailure.Reason, _ text: String, _ context: ChannelHandlerContext) {
        guard failure == nil, phase != .over else { return }
        let place: ProbeFailure.Phase = phase == .dialogue ? .dialogue : .handshake
        if phase == .dialogue { timing.dialogue = lap() }
        failure = ProbeFailure(
            reason, of: target, in: place, text, dialogue: dialogue?.facts ?? DialogueFacts(), chain: chain,
            timing: timing)
        phase = .over
        context.close(promise: nil)
    }

    /// Tells the outcome; the promise takes the first only. Where no connection came to be, whoever connected tells.
    private func settle() {
        if let failure { return outcome.fail(failure) }
        guard phase == .farewell else { return }
        var version = TLSProtocol(code: 0)
        var cipher = ""
        if case .hello(let picked, let code) = hello {
            version = picked
            cipher = TLSNames.cipher(code)
        }
        outcome.succeed(
            Presentation(
                target: target, dialogue: dialogue?.facts ?? DialogueFacts(), version: version, cipher: cipher,
                chain: chain, timing: timing, refusal: refusal))
    }

    /// Seconds since the last lap.
    private func lap() -> Double {
        let now = NIODeadline.now()
        defer { begun = now }
        return Double((now - begun).nanoseconds) / 1e9
    }

    /// What went wrong in the handshake, by what the server's records say rather than by the library's words.
    private func reason(of error: any Error) -> String {
        switch hello {
        case .alert(let code): return "it refused the TLS handshake: \(TLSNames.alert(code))"
        case .otherProtocol(let words): return "\(ProbeFailure.plainText): '\(words)'"
        case .hello, nil: break
        }
        guard case .handshakeFailed(let cause)? = error as? NIOSSLError else { return "\(error)" }
        if case .sslError(let stack) = cause, stack.first == .eofDuringHandshake {
            return "it closed the connection during the TLS handshake"
        }
        return "the TLS handshake failed: \(SSLWords.of(cause))"
    }
}

/// Looks at the server's first records on their way to the TLS handler.
private final class HelloWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var reader = HelloReader()
    private let tell: (HelloReader.Verdict) -> Void

    init(_ tell: @escaping (HelloReader.Verdict) -> Void) { self.tell = tell }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let verdict = reader.receive(unwrapInboundIn(data).readableBytesView) { tell(verdict) }
        context.fireChannelRead(data)
    }
}

/// BoringSSL's errors in few words.
enum SSLWords {
    /// `CERTIFICATE_REQUIRED` out of `error:1000045c:SSL routines:OPENSSL_internal:... at file:line`.
    static func of(_ error: BoringSSLError) -> String {
        guard case .sslError(let stack) = error, let first = stack.first else { return "\(error)" }
        let parts = first.description.split(separator: ":")
        guard let at = parts.firstIndex(of: "OPENSSL_internal"), at + 1 < parts.count else { return first.description }
        return String(parts[at + 1].prefix { $0 != " " })
    }
}
