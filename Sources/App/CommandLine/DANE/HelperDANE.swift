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
        let json = try await client.ask(request, within: limit)
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(json)) else {
            throw Problem(
                "helper-lost", status: 502, title: "The helper's answer can't be read",
                detail: "The helper may be of another version; start it again.")
        }
        return answer
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
