import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Connects to ports and sees the certificates that they present.
package struct Prober: Sendable {
    private let limits: ProbeLimits
    private let contexts: [TLSOffer: NIOSSLContext]
    private let gate: Gate

    /// A prober that has at most `atOnce` connections at a time. Throws NIOSSL's error if TLS can't be set up.
    package init(limits: ProbeLimits = ProbeLimits(), atOnce: Int = 128) throws {
        self.limits = limits
        gate = Gate(atOnce)
        contexts = try TLSOffer.allCases.reduce(into: [:]) { $0[$1] = try $1.makeContext() }
    }

    /// Probes one target. When it returns the connection is closed.
    package func probe(_ target: ProbeTarget, offer: TLSOffer = .any) async throws(ProbeFailure) -> Presentation {
        let cancelled = ProbeFailure(.cancelled, of: target, in: .preparation, "it was cancelled")
        guard let result = await gate.pass({ await connect(target, offer) }) else { throw cancelled }
        return try result.get()
    }

    /// Probes one target twice where needed, so that both certificates of a server with an RSA and an ECDSA key are
    /// seen: first as any client, then as one that knows only the other kind of key. What the second finds is added only
    /// where it is another certificate. A failure comes alone.
    package func probeEveryKey(_ target: ProbeTarget) async -> [Result<Presentation, ProbeFailure>] {
        do {
            let first = try await probe(target)
            guard let leaf = first.chain.first, let other = Self.otherOffer(than: leaf),
                let second = try? await probe(target, offer: other), second.chain.first != leaf
            else { return [.success(first)] }
            return [.success(first), .success(second)]
        } catch {
            return [.failure(error)]
        }
    }

    /// The offer that leaves out the kind of key that this certificate has.
    static func otherOffer(than certificate: [UInt8]) -> TLSOffer? {
        guard let key = try? NIOSSLCertificate(bytes: certificate, format: .der).extractPublicKey(),
            let info = try? key.toSPKIBytes()
        else { return nil }
        // rsaEncryption, 1.2.840.113549.1.1.1 (RFC 3279, section 2.3.1), stands near the beginning of the info.
        let rsa: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
        let head = info.prefix(24)
        let isRSA = head.indices.contains { head[$0...].starts(with: rsa) }
        return isRSA ? .ecdsa : .rsa
    }

    private func connect(_ target: ProbeTarget, _ offer: TLSOffer) async -> Result<Presentation, ProbeFailure> {
        func local(_ text: String) -> Result<Presentation, ProbeFailure> {
            .failure(ProbeFailure(.local, of: target, in: .preparation, text))
        }
        if let flaw = target.flaw { return local(flaw) }
        guard let security = contexts[offer] else { return local("there is no TLS context for \(offer)") }
        guard let address = Self.address(target) else {
            return local("'\(printable(target.address))' isn't an address in digits")
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = loop.makePromise(of: Presentation.self)
        let handle = ChannelHandle()
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(limits.connect))
            .channelInitializer { channel in
                handle.hold(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ProbeHandler(target, limits: limits, security: security, outcome: outcome))
                }
            }
        return await withTaskCancellationHandler {
            do {
                _ = try await bootstrap.connect(to: address).get()
            } catch {
                outcome.fail(Self.failure(of: error, target, limits))
            }
            do {
                return .success(try await outcome.futureResult.get())
            } catch {
                return .failure(handle.judge(error, of: target))
            }
        } onCancel: {
            handle.cancel()
        }
    }

    /// Numbers alone; a link-local one with its interface (`fe80::1%eth0`) needs the system's look-up, which asks nobody for it.
    private static func address(_ target: ProbeTarget) -> SocketAddress? {
        guard let percent = target.address.firstIndex(of: "%") else {
            return try? SocketAddress(ipAddress: target.address, port: target.port)
        }
        let digits = String(target.address[..<percent])
        guard digits.contains(":"), (try? SocketAddress(ipAddress: digits, port: target.port)) != nil
        else { return nil }
        return try? SocketAddress.makeAddressResolvingHost(target.address, port: target.port)
    }

    /// Why no connection came to be (connect(2)).
    private static func failure(of error: any Error, _ target: ProbeTarget, _ limits: ProbeLimits) -> ProbeFailure {
        if case .connectTimeout? = error as? ChannelError {
            return ProbeFailure(.timeout, of: target, in: .connect, "no connection within \(limits.connect)")
        }
        guard let system = error as? IOError else {
            return ProbeFailure(.local, of: target, in: .connect, "\(error)")
        }
        let reason: ProbeFailure.Reason
        switch system.errnoCode {
        case ECONNREFUSED, ECONNRESET: reason = .refused
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: reason = .unreachable
        case ETIMEDOUT: reason = .timeout
        default: reason = .local
        }
        return ProbeFailure(reason, of: target, in: .connect, String(cString: strerror(system.errnoCode)))
    }
}

/// The channel of a probe that may be cancelled from another thread.
private final class ChannelHandle: Sendable {
    private let state = Mutex<(channel: (any Channel)?, isCancelled: Bool)>((nil, false))

    func hold(_ channel: any Channel) {
        let isCancelled = state.withLock { state in
            state.channel = channel
            return state.isCancelled
        }
        if isCancelled { channel.close(promise: nil) }
    }

    func cancel() {
        let channel = state.withLock { state in
            state.isCancelled = true
            return state.channel
        }
        channel?.close(promise: nil)
    }

    /// The failure as it is, or as cancelled where that was the cause.
    func judge(_ error: any Error, of target: ProbeTarget) -> ProbeFailure {
        var failure =
            error as? ProbeFailure ?? ProbeFailure(.local, of: target, in: .connect, "\(error)")
        if state.withLock({ $0.isCancelled }) {
            failure.reason = .cancelled
            failure.text = "it was cancelled"
        }
        return failure
    }
}
