internal import CLinux
internal import Foundation
internal import Glibc
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import StewardCore

/// Answers requests on a Unix socket. Knows the protocol and who may ask; what a request means is its answerer's.
package final class HelperDaemon: Service {
    private let socket: String
    private let guests: HelperGuests
    private let logger: Logger
    private let answer: Answerer
    private let announce: @Sendable (String) -> Void
    /// More connections than these at a time are closed.
    private static let connectionLimit = 32
    private let connections = OpenConnections()

    /// A daemon for `socket`. `announce` is called once it listens.
    package init(
        socket: String, guests: HelperGuests, logger: Logger, announce: @escaping @Sendable (String) -> Void,
        answer: @escaping Answerer
    ) {
        self.socket = socket
        self.guests = guests
        self.logger = logger
        self.announce = announce
        self.answer = answer
    }

    private typealias Wire = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Who came, and by what. Nothing is read of it before it is hosted: whoever comes as the helper ends may be dropped.
    private struct Guest: Sendable {
        var peer: HelperPeer
        var channel: any Channel
    }

    /// Listens until the surrounding service group shuts down; requests that run then are finished.
    /// - Throws: `Problem` if the socket can't be made.
    package func run() async throws {
        let (guests, door) = AsyncStream.makeStream(of: Guest.self)
        let listener = try await listen(door)
        listener.closeFuture.whenComplete { _ in door.finish() }
        announce(socket)
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await guest in guests { group.addTask { await self.host(guest) } }
            }
        } onGracefulShutdown: {
            listener.close(promise: nil)
            self.connections.end()
        }
        listener.close(promise: nil)
        if Self.inheritedSocket == nil { unlink(socket) }
    }

    private func listen(_ door: AsyncStream<Guest>.Continuation) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(ChannelOptions.backlog, value: 64)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(ChannelOptions.autoRead, value: false)
            .childChannelInitializer { channel in
                HelperPeer.of(channel).map { peer in
                    if case .enqueued = door.yield(Guest(peer: peer, channel: channel)) { return }
                    channel.close(promise: nil)
                }
            }
        do {
            if let inherited = Self.inheritedSocket { return try await bootstrap.withBoundSocket(inherited).get() }
            unlink(socket)
            let listener = try await bootstrap.bind(unixDomainSocketPath: socket).get()
            // Everybody may connect; the kernel's word on who it is decides.
            chmod(socket, 0o666)
            return listener
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw Problem(
                "helper-socket", status: 500, title: "The helper's socket can't be made",
                detail:
                    "\(socket): \(reason). Name another with 'certificates.helper.socket'; a path has at most 107 bytes."
            )
        }
    }

    /// The socket that systemd made (sd_listen_fds(3)), if it did.
    private static var inheritedSocket: NIOBSDSocket.Handle? {
        let environment = ProcessInfo.processInfo.environment
        guard environment["LISTEN_PID"] == "\(getpid())", environment["LISTEN_FDS"].flatMap(Int.init) ?? 0 >= 1 else {
            return nil
        }
        return 3
    }
}

extension HelperDaemon {
    private func host(_ guest: Guest) async {
        let channel = guest.channel
        let count = connections.enter(channel)
        defer { connections.leave(channel) }
        do {
            let wire = try await channel.eventLoop.submit { try Wire(wrappingChannelSynchronously: channel) }.get()
            try await wire.executeThenClose { inbound, outbound in
                try await channel.setOption(ChannelOptions.autoRead, value: true).get()
                guard self.guests.admits(guest.peer) else {
                    self.logger.warning(
                        "Refused \(guest.peer): not among the users that may ask",
                        metadata: ["event": "helper-refused"])
                    return try await Self.refuse(.peerRefused(guest.peer), inbound, outbound)
                }
                guard count <= Self.connectionLimit else {
                    return try await Self.refuse(.helperBusy, inbound, outbound)
                }
                try await self.converse(guest, inbound, outbound)
            }
        } catch {
            logger.debug("The connection of \(guest.peer) ended: \(error)", metadata: ["event": "helper-connection"])
        }
    }

    /// Says why not, and reads on for a second: whoever closes at once makes the other end's request fail before it could
    /// read the reason.
    private static func refuse(
        _ problem: Problem, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        try await outbound.write(bytes(HelperProblem(problem).frame))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Task.sleep(for: .seconds(1)) }
            group.addTask { for try await _ in inbound {} }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func converse(
        _ guest: Guest, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        let channel = guest.channel
        var decoder = HelperFrameDecoder(limit: HelperFrame.requestLimit)
        for try await piece in inbound {
            decoder.append(piece.readableBytesView)
            do throws(HelperFrameError) {
                while let frame = try decoder.next() {
                    connections.begin(channel)
                    let reply = await reply(to: frame, from: guest.peer)
                    do { try await outbound.write(Self.bytes(reply)) } catch { return }
                    guard connections.finish(channel) else { return }
                }
            } catch {
                logger.warning("\(guest.peer) sent no request: \(error)", metadata: ["event": "helper-foreign"])
                return try await outbound.write(Self.bytes(HelperProblem(.helperRequest("\(error)")).frame))
            }
        }
    }

    private func reply(to frame: HelperFrame, from peer: HelperPeer) async -> HelperFrame {
        do throws(Problem) {
            guard frame.kind == .request else { throw .helperRequest("Only requests are taken here.") }
            return HelperFrame(.result, try await answer(try HelperRequest(json: frame.payload), peer))
        } catch {
            logger.notice(
                "\(error.title): \(error.detail ?? "")",
                metadata: ["event": "helper-problem", "code": "\(error.code)", "peer": "\(peer)"])
            return HelperProblem(error).frame
        }
    }

    private static func bytes(_ frame: HelperFrame) -> ByteBuffer { ByteBuffer(bytes: frame.encoded) }
}

extension Problem {
    static func peerRefused(_ peer: HelperPeer) -> Problem {
        Problem(
            "helper-refused", status: 403, title: "The helper refuses this user",
            detail:
                "User \(peer.user) is not among 'certificates.helper.allow'; add the server's user there and start the helper again."
        )
    }

    static let helperBusy = Problem(
        "helper-busy", status: 503, title: "The helper is busy",
        detail: "It has as many connections as it takes; try again in a moment.")
}
