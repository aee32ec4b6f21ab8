import Foundation
import NIOCore
import StewardAPI
import StewardCore
import StewardEdge
import StewardHelper

/// An HTTP request about DANE on its way to the helper.
struct DANEQuestion: Sendable {
    /// What is asked for.
    let action: DANEAction
    /// The query as it came.
    let query: String?
    /// The body, if one came.
    let body: [UInt8]?
    /// The caller's name.
    let actor: String
    /// The request's trace id.
    let trace: String

    /// How long the helper may take.
    private static let patience = Duration.seconds(600)

    /// The JSON of the answer.
    func answer(by client: HelperClient) async throws(Problem) -> [UInt8] {
        try await client.ask(try request(), within: Self.patience)
    }

    /// What the helper is asked.
    func request() throws(Problem) -> HelperRequest {
        var request = HelperRequest(verb, actor: actor.isEmpty ? "anonymous" : actor)
        request.trace = trace
        switch action {
        case .status: request.maxAge = try maxAge()
        case .plan: break
        case .advance: request.name = try wish(isNeeded: false).deployment
        case .rollover:
            let wish = try wish(isNeeded: true)
            guard let name = wish.deployment, let kind = wish.request, ["now", "compromised"].contains(kind) else {
                throw .badDANERequest(
                    "The body names the deployment and what is asked for: {\"deployment\": \"mail.example\", \"request\": \"now\"}, or \"compromised\"."
                )
            }
            (request.name, request.request) = (name, kind)
        }
        return request
    }

    private var verb: HelperVerb {
        switch action {
        case .status: .daneStatus
        case .plan: .danePlan
        case .advance: .daneAdvance
        case .rollover: .daneRollover
        }
    }

    private func maxAge() throws(Problem) -> Int {
        let parts = (query ?? "").split(separator: "&").filter { $0.hasPrefix("max_age=") }
        guard let part = parts.first else { return 60 }
        guard let number = Int(part.dropFirst("max_age=".count)), (0...86_400).contains(number) else {
            throw .badDANERequest("'max_age' is a number of seconds from 0 to 86400.")
        }
        return number
    }

    /// What the body of `advance` and `rollover` says.
    private struct Wish: Decodable {
        var deployment: String?
        var request: String?
    }

    private func wish(isNeeded: Bool) throws(Problem) -> Wish {
        guard let body, !body.isEmpty else {
            guard isNeeded else { return Wish() }
            throw .badDANERequest("A body is needed: {\"deployment\": \"mail.example\", \"request\": \"now\"}.")
        }
        guard let wish = try? JSONDecoder().decode(Wish.self, from: Data(body)) else {
            throw .badDANERequest("The body is a JSON object such as {\"deployment\": \"mail.example\"}.")
        }
        return wish
    }
}

extension Problem {
    static func badDANERequest(_ detail: String) -> Problem {
        Problem("bad-request", status: 400, title: "The request can't be understood", detail: detail)
    }
}
