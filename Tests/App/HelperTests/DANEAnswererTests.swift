import Foundation
import Logging
import StewardAPI
import StewardAccess
import StewardCore
import StewardDatabase
import Testing

@testable import StewardHelper

@Suite struct DANEAnswererTests {
    /// Acts that only say what they were asked.
    private struct Acts: DANEActs {
        func status(maxAge: Duration) async throws(Problem) -> DANEStatus {
            DANEStatus(at: "2026-01-01T00:00:00Z", loop: DANELoop(by: "helper"), services: [], findings: [])
        }
        func plan() async throws(Problem) -> DANEPlan { DANEPlan(at: "2026-01-01T00:00:00Z", entries: []) }
        func advance(name: String?) async throws(Problem) -> DANEStatus { try await status(maxAge: .zero) }
        func rollover(name: String, compromised: Bool) async throws(Problem) -> DANERequest {
            guard name == "mail.example" else { throw .noDeployment(name, known: ["mail.example"]) }
            return DANERequest(deployment: name, request: compromised ? "compromised" : "now", text: "It begins.")
        }
    }

    private func audit() throws -> AuditLog {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return AuditLog(
            try StateDatabase.open(folder.path + "/steward.db", migrations: AccessTables.migrations))
    }

    private let peer = HelperPeer(process: 1, user: 998, group: 998)

    private func rollover(_ name: String) -> HelperRequest {
        var request = HelperRequest(.daneRollover, actor: "ops")
        (request.name, request.request) = (name, "now")
        return request
    }

    @Test func looksLeaveNoLineInTheAuditLogAndRolloversTwo() async throws {
        let audit = try audit()
        let answerer = DANEAnswerer(acts: Acts(), audit: audit, logger: Logger(label: "test"))
        let status = try await answerer.answer(HelperRequest(.daneStatus, actor: "ops"), peer)
        #expect(String(decoding: status, as: UTF8.self).contains(#""by":"helper""#))
        #expect(try audit.entries().isEmpty)
        _ = try await answerer.answer(rollover("mail.example"), peer)
        #expect(try audit.entries().map(\.action) == ["dane.rollover", "dane.rollover"])
        #expect(try audit.entries().first?.actor == "uid 998 for ops")
    }

    @Test func aFailedRolloverIsWrittenDownAndToldWithItsOwnProblem() async throws {
        let audit = try audit()
        let answerer = DANEAnswerer(acts: Acts(), audit: audit, logger: Logger(label: "test"))
        let problem = await #expect(throws: Problem.self) { try await answerer.answer(rollover("other"), peer) }
        #expect(problem?.status == 404)
        #expect(try audit.entries().last?.detail.hasPrefix("failed") == true)
    }

    @Test func withoutTheSectionEveryVerbAboutItSaysSo() async throws {
        for verb in HelperVerb.allCases where verb.isAboutDANE {
            #expect(verb.rawValue.hasPrefix("dane."))
        }
        #expect(Problem.noDANE.status == 404)
    }
}
