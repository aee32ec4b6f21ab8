import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import StewardServer
import StewardSettings

/// Talks HTTP/1.1 to the server of a state folder over its Unix socket, as the local caller. One request a connection.
struct LocalClient {
    /// The server's state folder.
    let state: StateFolder

    private typealias Wire = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Sends `request` and hands on the answer as it comes: `onHead` once, then `onBody` for each piece. What they do
    /// holds up the reading, so that a slow reader slows the server down.
    /// - Throws: `CommandFailure`, also when nothing is over after `limit`.
    func send(
        _ request: LocalRequest, within limit: Duration? = nil,
        onHead: @escaping @Sendable (HTTPResponseHead) throws -> Void,
        onBody: @escaping @Sendable (ByteBuffer) throws -> Void
    ) async throws {
        guard let limit else { return try await exchange(request, onHead: onHead, onBody: onBody) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await exchange(request, onHead: onHead, onBody: onBody) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw CommandFailure(
                    "the server did not answer within \(ValueKind<Duration>.write(limit))",
                    hint: "its log tells what it is doing", status: .unreachable)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func exchange(
        _ request: LocalRequest, onHead: @Sendable (HTTPResponseHead) throws -> Void,
        onBody: @Sendable (ByteBuffer) throws -> Void
    ) async throws {
        let wire = try await connect()
        let progress = Progress()
        do {
            try await wire.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    // An answer may come before all of the body is sent (413); then the rest doesn't matter.
                    group.addTask { try? await Self.write(request, to: outbound) }
                    defer { group.cancelAll() }
                    for try await part in inbound {
                        switch part {
                        case .head(let head): try onHead(head)
                        case .body(let bytes): try onBody(bytes)
                        case .end:
                            progress.isComplete = true
                            return
                        }
                    }
                }
            }
        } catch is HTTPParserError {
            // The end of the connection within the answer; told below.
        } catch is ChannelError where progress.isComplete {
            // The server closed first.
        } catch let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE {
            // Told below.
        }
        try Task.checkCancellation()
        guard progress.isComplete else {
            throw CommandFailure(
                "the server closed the connection before the answer was complete",
                hint: "the server's log has the reason")
        }
    }

    private static func write(_ request: LocalRequest, to wire: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>)
        async throws
    {
        try await wire.write(.head(request.head(version: stewardVersion)))
        var rest = (request.body ?? [])[...]
        while !rest.isEmpty {
            try await wire.write(.body(.byteBuffer(ByteBuffer(bytes: rest.prefix(64 << 10)))))
            rest = rest.dropFirst(64 << 10)
        }
        try await wire.write(.end(nil))
    }

    private func connect() async throws -> Wire {
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(5))
                .connect(unixDomainSocketPath: state.socket) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try Wire(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> CommandFailure {
        let code = (error as? IOError)?.errnoCode
        if code == EACCES || code == EPERM {
            return CommandFailure(
                "this user may not use \(state.socket)",
                hint: "run the command as the server's user (sudo -u USER steward ...)", status: .unreachable)
        }
        if state.socket.utf8.count > UnixSocket.longestPath {
            return CommandFailure(
                "\(state.socket) is too long for a socket (\(UnixSocket.longestPath) bytes at most)",
                hint: "use a state folder with a shorter path", status: .unreachable)
        }
        return CommandFailure(
            "no server runs for the state folder \(state.path)",
            hint:
                "start one with 'steward serve --scripts DIR --state \(state.path)', or name its folder with --state DIR",
            status: .unreachable)
    }

    /// Whether the answer came to its end. Written and read by one task at a time.
    private final class Progress: @unchecked Sendable {
        var isComplete = false
    }
}
