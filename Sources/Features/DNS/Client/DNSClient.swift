import Glibc
package import NIOCore
internal import NIOPosix

/// Asks name servers over UDP and TCP (RFC 1035, section 4.2; RFC 7766): each exchange from a socket and port of its own
/// with a random id. Updates (RFC 2136) go over TCP and are sent once, so that none is carried out twice.
package struct DNSClient: DNSExchanging {
    /// How long and how much.
    package struct Limits: Hashable, Sendable {
        /// How long a server has for a UDP answer before it is asked again.
        package var tryTime: Duration
        /// How often it is asked over UDP.
        package var tries: Int
        /// How long a server has over TCP, connecting included.
        package var streamTime: Duration
        /// How many exchanges go on at a time; more wait in turn.
        package var atOnce: Int

        /// Limits.
        package init(
            tryTime: Duration = .seconds(2), tries: Int = 3, streamTime: Duration = .seconds(6), atOnce: Int = 200
        ) {
            self.tryTime = tryTime
            self.tries = max(1, tries)
            self.streamTime = streamTime
            self.atOnce = atOnce
        }
    }

    private let limits: Limits
    private let given: (any EventLoopGroup)?
    private let clock: @Sendable () -> UInt64
    private let slots: Slots

    /// A client on the threads of `group`, which are started with the first exchange if they are the process's own (nil); `clock`
    /// gives the seconds since 1970 that TSIG needs.
    package init(
        limits: Limits = Limits(), group: (any EventLoopGroup)? = nil,
        clock: @escaping @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }
    ) {
        self.limits = limits
        given = group
        self.clock = clock
        slots = Slots(limits.atOnce)
    }

    private var group: any EventLoopGroup { given ?? MultiThreadedEventLoopGroup.singleton }

    /// Asks `server` for `type` of `name` and returns the answer, whatever its code. `recursion` sets RD, `signatures` DO.
    package func query(
        _ name: DomainName, _ type: RecordType, from server: NameServer, recursion: Bool = false,
        signatures: Bool = true, key: TSIGKey? = nil
    ) async throws(DNSFailure) -> Message {
        var message = Message(id: 0)
        message.recursionDesired = recursion
        message.questions = [Message.Question(name, type)]
        message.edns = Message.EDNS(wantsSignatures: signatures)
        return try await exchange(message, with: server, key: key)
    }

    /// Sends `message` under a new random id; see `DNSExchanging`.
    package func exchange(
        _ message: Message, with server: NameServer, key: TSIGKey?
    ) async throws(DNSFailure) -> Message {
        var request = message
        request.id = .random(in: 0...UInt16.max)
        guard let address = Self.address(server) else {
            throw DNSFailure(.local, server, "'\(server.address)' is no IPv4 or IPv6 address")
        }
        guard await slots.enter() else { throw Self.cancelled(server) }
        defer { slots.leave() }
        let signed = key.map { TSIG.sign(request, key: $0, at: clock()) }
        let bytes = signed?.bytes ?? request.encoded
        guard bytes.count <= 65_535 else {
            throw DNSFailure(.local, server, "the message has \(bytes.count) bytes; a DNS message has 65,535 at most")
        }
        let check = AnswerCheck(
            request: request, key: key, requestMAC: signed?.mac ?? [], server: server, clock: clock)
        if request.operation != Message.Operation.update.rawValue, bytes.count <= 1232 {
            if case .answer(let answer) = try await datagrams(bytes, check, address) { return answer }
        }
        guard case .answer(let answer) = try await stream(bytes, check, address) else {
            throw DNSFailure(.damaged, server, "the answer is cut over TCP too")
        }
        return answer
    }

    private func datagrams(
        _ bytes: [UInt8], _ check: AnswerCheck, _ address: SocketAddress
    ) async throws(DNSFailure) -> Reply {
        let (loop, limits) = (group.any(), limits)
        return try await reply(loop, check.server) { promise in
            DatagramBootstrap(group: loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(bytes, check, limits, promise))
                    }
                }
                .connect(to: address)
        }
    }

    private func stream(
        _ bytes: [UInt8], _ check: AnswerCheck, _ address: SocketAddress
    ) async throws(DNSFailure) -> Reply {
        let (loop, patience, server) = (group.any(), limits.streamTime, check.server)
        return try await reply(loop, server) { promise in
            let timer = loop.scheduleTask(in: TimeAmount(patience)) {
                promise.fail(DNSFailure(.timeout, server, "nothing came over TCP within \(patience)"))
            }
            promise.futureResult.whenComplete { _ in timer.cancel() }
            return ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(patience))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(StreamHandler(bytes, check, promise))
                    }
                }
                .connect(to: address)
        }
    }

    /// Runs what `connect` begins until it has kept its promise or the task is cancelled; closes the channel in any case.
    private func reply(
        _ loop: any EventLoop, _ server: NameServer,
        _ connect: (EventLoopPromise<Reply>) -> EventLoopFuture<any Channel>
    ) async throws(DNSFailure) -> Reply {
        let promise = loop.makePromise(of: Reply.self)
        let channel = connect(promise)
        channel.whenFailure { promise.fail($0) }
        promise.futureResult.whenComplete { _ in channel.whenSuccess { $0.close(promise: nil) } }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(Self.cancelled(server))
            }
        } catch { throw Self.failure(error, server) }
    }

    /// Numbers alone; a zone (`fe80::1%eth0`) needs the system's look-up, which asks nobody for it.
    private static func address(_ server: NameServer) -> SocketAddress? {
        if server.address.contains("%") {
            guard AddressText.canonical(server.address) != nil else { return nil }
            return try? SocketAddress.makeAddressResolvingHost(server.address, port: server.port)
        }
        return try? SocketAddress(ipAddress: server.address, port: server.port)
    }

    private static func cancelled(_ server: NameServer) -> DNSFailure {
        DNSFailure(.local, server, "it was cancelled")
    }

    private static func failure(_ error: any Error, _ server: NameServer) -> DNSFailure {
        switch error {
        case let failure as DNSFailure: return failure
        case ChannelError.connectTimeout(let time):
            return DNSFailure(.timeout, server, "no TCP connection within \(time)")
        case let error as IOError:
            let text = String(cString: strerror(error.errnoCode))
            switch error.errnoCode {
            case ECONNREFUSED: return DNSFailure(.refusedConnection, server, "nothing listens there (\(text))")
            case ECONNRESET, EPIPE:
                return DNSFailure(.refusedConnection, server, "it broke the connection off (\(text))")
            case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ENETDOWN, EHOSTDOWN, EACCES, EPERM:
                return DNSFailure(.unreachable, server, "there is no way to it (\(text))")
            default: return DNSFailure(.local, server, text)
            }
        default: return DNSFailure(.local, server, "\(error)")
        }
    }
}
