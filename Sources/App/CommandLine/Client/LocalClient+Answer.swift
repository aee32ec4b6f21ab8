import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

extension LocalClient {
    /// A whole answer.
    struct Answer: Sendable {
        /// HTTP status.
        var status = 0
        /// The body.
        var body = Data()

        /// The body as the platform's API defines it.
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            do { return try JSONDecoder().decode(type, from: body) } catch {
                throw CommandFailure(
                    "the server's answer can't be read",
                    hint: "server and command may be of different versions; compare 'steward version'")
            }
        }
    }

    /// Sends `request` and waits for all of the answer, no longer than `limit`.
    func answer(_ request: LocalRequest, within limit: Duration = .seconds(10)) async throws -> Answer {
        let collected = Collected()
        try await send(request, within: limit) { head in
            collected.answer.withLock { $0.status = Int(head.status.code) }
        } onBody: { bytes in
            collected.answer.withLock { $0.body.append(contentsOf: bytes.readableBytesView) }
        }
        return collected.answer.withLock { $0 }
    }

    private final class Collected: Sendable {
        let answer = Mutex(Answer())
    }
}
