internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOPosix
package import StewardCore
internal import StewardSettings

/// Asks the helper, one request a connection.
package struct HelperClient: Sendable {
    /// The helper's socket.
    package let socket: String

    /// A client of the helper that listens at `socket`.
    package init(socket: String) { self.socket = socket }

    private typealias Wire = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Sends `request` and waits for the answer.
    /// - Returns: the JSON of the result.
    /// - Throws: `Problem`: what the helper answered; 503 where none listens; 504 where it takes longer than `limit`.
    package func ask(_ request: HelperRequest, within limit: Duration = .seconds(120)) async throws(Problem) -> [UInt8]
    {
        do {
            return try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await exchange(request) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw Problem.helperSlow(request.verb, limit)
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .helperLost("\(error)")
        }
    }

    /// Sends `request` and reads the answer.
    /// - Throws: as `ask` without a type does; 502 where the answer is none of this version's.
    package func ask<Answer: Decodable>(
        _ request: HelperRequest, for type: Answer.Type, within limit: Duration = .seconds(120)
    ) async throws(Problem) -> Answer {
        let json = try await ask(request, within: limit)
        do { return try JSONDecoder().decode(type, from: Data(json)) } catch { throw .helperForeign }
    }

    private func exchange(_ request: HelperRequest) async throws -> [UInt8] {
        let wire = try await connect()
        return try await wire.executeThenClose { inbound, outbound in
            // A helper that refuses may close before it has read the request; its reason is there all the same.
            try? await outbound.write(ByteBuffer(bytes: request.frame.encoded))
            var decoder = HelperFrameDecoder(limit: HelperFrame.answerLimit)
            for try await piece in inbound {
                decoder.append(piece.readableBytesView)
                guard let frame = try decoder.next() else { continue }
                switch frame.kind {
                case .result: return frame.payload
                case .problem:
                    throw (try? HelperProblem(json: frame.payload))?.problem ?? Problem.helperLost("a broken answer")
                case .request: throw Problem.helperLost("a request where the answer should be")
                }
            }
            throw Problem.helperLost("the connection ended before the answer")
        }
    }

    private func connect() async throws -> Wire {
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(5))
                .connect(unixDomainSocketPath: socket) { channel in
                    channel.eventLoop.makeCompletedFuture { try Wire(wrappingChannelSynchronously: channel) }
                }
        } catch {
            throw Problem.noHelper(socket, (error as? IOError).map { String(cString: strerror($0.errnoCode)) })
        }
    }
}

extension Problem {
    /// Nobody listens on the helper's socket.
    static func noHelper(_ socket: String, _ reason: String?) -> Problem {
        Problem(
            "no-helper", status: 503, title: "No helper runs",
            detail: "\(socket) can't be reached\(reason.map { " (\($0))" } ?? ""). "
                + "The server may not read private keys by itself: run 'steward helper' as root "
                + "(deploy/systemd/steward-helper.service), with the same 'certificates.helper.socket'."
        )
    }

    static func helperSlow(_ verb: HelperVerb, _ limit: Duration) -> Problem {
        Problem(
            "helper-slow", status: 504, title: "The helper takes too long",
            detail: "\(verb.rawValue) was not done within \(ValueKind<Duration>.write(limit)); "
                + "its log tells what it is doing. A change that it began goes on."
        )
    }

    /// The helper's answer isn't what this version knows.
    package static let helperForeign = Problem(
        "helper-lost", status: 502, title: "The helper's answer can't be read",
        detail: "Helper and server, or command, may be of different versions; start the helper again.")

    static func helperLost(_ what: String) -> Problem {
        Problem(
            "helper-lost", status: 502, title: "The helper gave no answer",
            detail: "Instead came: \(what). Its log has the reason.")
    }
}
