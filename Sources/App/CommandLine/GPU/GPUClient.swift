import Foundation
import NIOHTTP1
import StewardAPI

/// Asks the server's lane over the local socket.
struct GPUClient {
    let client: LocalClient

    init(_ options: StateOptions) throws { client = LocalClient(state: try options.folder()) }

    /// The problem that the server answers with (RFC 9457).
    private struct Refusal: Decodable {
        var code: String?
        var title: String?
        var detail: String?
    }

    /// What the server refused.
    struct Refused: Error {
        var status: Int
        var code: String
        var sentence: String

        var failure: CommandFailure { CommandFailure(sentence) }
    }

    /// Sends a request and reads the answer.
    /// - Throws: `Refused` with the server's words, or `CommandFailure`.
    func ask<Value: Decodable>(
        _ method: HTTPMethod, _ path: String, body: (any Encodable)? = nil, for type: Value.Type
    ) async throws -> Value {
        var request = LocalRequest(method: method, target: PlatformPath.gpus + path)
        if let body {
            request.body = Array(try JSONEncoder().encode(body))
            request.headers.add(name: "Content-Type", value: "application/json")
        }
        let answer = try await client.answer(request)
        guard answer.status == 200 else {
            let refusal = try? JSONDecoder().decode(Refusal.self, from: answer.body)
            throw Refused(
                status: answer.status, code: refusal?.code ?? "",
                sentence: refusal?.detail ?? refusal?.title ?? "the server answered \(answer.status)")
        }
        return try answer.decode(type)
    }

    /// The same, where a refusal ends the command.
    func need<Value: Decodable>(
        _ method: HTTPMethod, _ path: String, body: (any Encodable)? = nil, for type: Value.Type
    ) async throws -> Value {
        do { return try await ask(method, path, body: body, for: type) } catch let refused as Refused {
            throw refused.failure
        }
    }
}
