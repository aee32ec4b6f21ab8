import Foundation
import Glibc
import StewardAPI
import StewardCore
import StewardHelper

/// What the running helper can do about DANE.
struct HelperDANE: DANEActs {
    let client: HelperClient

    private func ask<Answer: Decodable>(
        _ verb: HelperVerb, within limit: Duration = .seconds(120), _ fill: (inout HelperRequest) -> Void = { _ in }
    ) async throws(Problem) -> Answer {
        var request = HelperRequest(verb, actor: "local uid \(getuid())")
        fill(&request)
        return try await client.ask(request, for: Answer.self, within: limit)
    }

    func status(maxAge: Duration) async throws(Problem) -> DANEStatus {
        try await ask(.daneStatus) { $0.maxAge = Int(maxAge.components.seconds) }
    }

    func plan() async throws(Problem) -> DANEPlan { try await ask(.danePlan) }

    func advance(name: String?) async throws(Problem) -> DANEStatus {
        try await ask(.daneAdvance, within: .seconds(600)) { $0.name = name }
    }

    func rollover(name: String, compromised: Bool) async throws(Problem) -> DANERequest {
        try await ask(.daneRollover) {
            $0.name = name
            $0.request = compromised ? "compromised" : "now"
        }
    }
}
