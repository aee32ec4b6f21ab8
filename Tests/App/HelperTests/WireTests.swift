import Foundation
import StewardAPI
import StewardCertificates
import StewardCore
import Testing

@testable import StewardHelper

@Suite struct WireTests {
    private let now = Date(timeIntervalSince1970: 1_767_225_600)

    private func facts(endsIn days: Double) -> CertificateFacts {
        CertificateFacts(
            names: ["a.example", "b.example"], key: KeyFacts(.ecdsa, bits: 256), issuer: "E1", serial: "01",
            notBefore: now, notAfter: now.addingTimeInterval(days * 86_400),
            fingerprint: Fingerprint([UInt8](repeating: 1, count: 32)),
            spki: Fingerprint([UInt8](repeating: 2, count: 32)))
    }

    private func written(_ lineage: CertificateLineage) throws -> [String: Any] {
        let data = try JSONEncoder().encode(lineage)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func aLineageIsWrittenWithThePromisedKeys() throws {
        let use = Evidence(.postfix, at: Place("/etc/postfix/main.cf", line: 27), target: .path("/x"), detail: "d")
        let finding = Finding("key-mismatch", .problem, "No.", path: "/p")
        let lineage = Lineage(name: "a.example", tree: "/t", certificate: facts(endsIn: 61.5), findings: [finding])
        let json = try written(
            CertificateLineage(Survey.Item(lineage, Verdict(.used, usedBy: [use, use], reasons: ["r"])), now: now))
        #expect(json["name"] as? String == "a.example" && json["tree"] as? String == "/t")
        #expect(json["state"] as? String == "used" && json["key"] as? String == "ECDSA")
        #expect(json["names"] as? [String] == ["a.example", "b.example"])
        #expect(json["expires"] as? String == "2026-03-03T12:00:00Z" && json["days_left"] as? Int == 61)
        #expect(
            json["used_by"] as? [[String: String]] == [
                ["kind": "postfix", "where": "/etc/postfix/main.cf:27", "detail": "d"]
            ])
        #expect((json["findings"] as? [[String: String]])?.first?["code"] == "key-mismatch")
    }

    @Test func whatIsNotKnownIsNullNotAbsent() throws {
        let json = try written(
            CertificateLineage(Survey.Item(Lineage(name: "a", tree: "/t"), Verdict(.broken)), now: now))
        for key in ["successor", "key", "key_bits", "expires", "days_left", "fingerprint", "version", "renews"] {
            #expect(json[key] is NSNull, "\(key)")
        }
    }

    @Test(arguments: [(0.5, 0), (1.0, 1), (-0.5, -1), (-410.0, -410)]) func daysAreWholeAndRoundedDown(
        days: Double, left: Int
    ) {
        let lineage = Lineage(name: "a", tree: "/t", certificate: facts(endsIn: days))
        #expect(CertificateLineage(Survey.Item(lineage, Verdict(.used)), now: now).daysLeft == left)
    }

    @Test func everyStateOfTheJudgeIsAStateOfTheAPI() {
        #expect(Set(Verdict.State.allCases.map(\.rawValue)) == Set(CertificateLineage.states))
    }

    @Test func oneProcessWithSeveralLocksIsOneHolder() {
        let holder = LockHolder(pid: 812, command: ["certbot", "renew"], activity: "renewing", advice: ["Wait."])
        let states = ["/etc/letsencrypt", "/var/lib/letsencrypt"].map {
            LockState(folder: $0, role: .configuration, status: .held(holder), fileExists: true)
        }
        let locks = CertificateLocks(
            states + [LockState(folder: "/x", role: .logs, status: .unknown("no"), fileExists: true)])
        #expect(!locks.free && locks.holders.count == 1 && locks.holders[0].locks.count == 2)
        #expect(locks.unread.map(\.reason) == ["no"])
    }

    @Test func aRemovalErrorKeepsItsSentencesAndTellsWhatWasDone() {
        let done = CertificateChange(action: "prune", lineages: [.init(name: "a", tree: "/t")])
        let problem = Problem(RemovalError(.locked, "Held.", "Wait."), after: done)
        #expect(problem.code == "certificates-locked" && problem.status == 409)
        #expect(problem.detail == "Held.\nWait.\nDone before that: a.")
    }
}
