import Foundation
import Logging
import StewardAPI
import StewardAccess
import StewardCore
import StewardDatabase
import Synchronization
import Testing

@testable import StewardHelper

/// Acts that count how often they are asked; a failing one throws.
private final class CountingActs: CertificateActs {
    let surveys = Mutex(0)
    let running = Mutex((now: 0, most: 0))
    let fails: Bool

    init(fails: Bool = false) { self.fails = fails }

    func survey() async throws(Problem) -> CertificateList {
        let count = surveys.withLock { count in
            count += 1
            return count
        }
        try? await Task.sleep(for: .milliseconds(30))
        return CertificateList(
            at: "look \(count)", trees: [], lineages: [], orphans: [], unread: [], findings: [], looked: [],
            quarantined: [])
    }

    func signature() async throws(Problem) -> TreeSignature { TreeSignature(number: 7) }
    func plan(names: [String]?) async throws(Problem) -> CertificatePlan {
        CertificatePlan(goes: [], stays: [], text: names?.joined() ?? "all")
    }
    func entries(plan: String) throws(Problem) -> [CertificatePlan.Entry] { [] }
    func prune(plan: String, revoke: Bool) async throws(Problem) -> CertificateChange { try await change("prune") }
    func quarantine() async throws(Problem) -> CertificateQuarantine { CertificateQuarantine(quarantined: []) }
    func restore(name: String, tree: String?) async throws(Problem) -> CertificateChange { try await change("restore") }
    func purge(olderThan age: Duration?, name: String?, tree: String?) async throws(Problem) -> CertificateChange {
        try await change("purge")
    }
    func lock(wait: Duration) async throws(Problem) -> CertificateLocks {
        CertificateLocks(free: true, holders: [], files: [], unread: [])
    }

    private func change(_ action: String) async throws(Problem) -> CertificateChange {
        running.withLock { running in
            running.now += 1
            running.most = max(running.most, running.now)
        }
        try? await Task.sleep(for: .milliseconds(20))
        running.withLock { $0.now -= 1 }
        if fails { throw Problem("certificates-changed", status: 409, title: "Changed", detail: "It did.") }
        return CertificateChange(action: action, lineages: [.init(name: "a", tree: "/t")])
    }
}

@Suite struct AnswererTests {
    private let peer = HelperPeer(process: 4711, user: 998, group: 998)
    private let folder = FileManager.default.temporaryDirectory.path + "/steward-answerer-\(UUID().uuidString)"

    private func answerer(_ acts: CountingActs) throws -> (CertificateAnswerer, AuditLog) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let audit = AuditLog(try StateDatabase.open(folder + "/steward.db", migrations: AccessTables.migrations))
        return (CertificateAnswerer(acts: acts, audit: audit, logger: Logger(label: "test")), audit)
    }

    private func list(_ json: [UInt8]) throws -> CertificateList {
        try JSONDecoder().decode(CertificateList.self, from: Data(json))
    }

    private func survey(maxAge: Int) -> HelperRequest {
        var request = HelperRequest(.survey, actor: "ops")
        request.maxAge = maxAge
        return request
    }

    @Test func aLookIsSharedByThoseToWhomItIsNewEnough() async throws {
        let acts = CountingActs()
        let (answerer, _) = try answerer(acts)
        #expect(try list(await answerer.answer(survey(maxAge: 86_400), peer)).at == "look 1")
        #expect(try list(await answerer.answer(survey(maxAge: 86_400), peer)).at == "look 1")
        #expect(try list(await answerer.answer(survey(maxAge: 0), peer)).at == "look 2")
    }

    @Test func whoAsksWhileALookIsUnderWayWaitsForIt() async throws {
        let acts = CountingActs()
        let (answerer, _) = try answerer(acts)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { _ = try? await answerer.answer(survey(maxAge: 0), peer) } }
        }
        #expect(acts.surveys.withLock { $0 } == 1)
    }

    @Test func afterAChangeAnOlderLookIsNoAnswer() async throws {
        let (answerer, _) = try answerer(CountingActs())
        _ = try await answerer.answer(survey(maxAge: 86_400), peer)
        var restore = HelperRequest(.restore, actor: "ops")
        restore.name = "a"
        _ = try await answerer.answer(restore, peer)
        #expect(try list(await answerer.answer(survey(maxAge: 86_400), peer)).at == "look 2")
    }

    @Test func changesAreDoneOneAtATimeBetweenTwoAuditLines() async throws {
        let acts = CountingActs()
        let (answerer, audit) = try answerer(acts)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { _ = try? await answerer.answer(HelperRequest(.purge, actor: "ops"), peer) }
            }
        }
        #expect(acts.running.withLock { $0.most } == 1)
        let lines = try audit.entries()
        #expect(lines.map(\.phase) == (0..<4).flatMap { _ in [AuditEntry.Phase.intent, .outcome] })
        #expect(Set(lines.map(\.actor)) == ["uid 998 for ops"] && Set(lines.map(\.action)) == ["certs.purge"])
    }

    @Test func aFailureIsWrittenDownAndHandedOn() async throws {
        let (answerer, audit) = try answerer(CountingActs(fails: true))
        var prune = HelperRequest(.prune, actor: "ops")
        prune.plan = "x"
        let problem = await #expect(throws: Problem.self) { try await answerer.answer(prune, peer) }
        #expect(problem?.code == "certificates-changed")
        #expect(try audit.entries().last?.detail == "failed: certificates-changed: Changed. It did.")
    }

    @Test func looksLeaveNoLineInTheAuditLog() async throws {
        let (answerer, audit) = try answerer(CountingActs())
        for verb in HelperVerb.allCases where !verb.writes && !verb.isAboutDANE {
            _ = try await answerer.answer(HelperRequest(verb, actor: "ops"), peer)
        }
        #expect(try audit.entries().isEmpty)
    }
}

@Suite struct GuestTests {
    private let guests = HelperGuests(users: ["998", "nobody", "no-such-user"], own: 500)

    @Test(arguments: [(0, true), (500, true), (998, true), (65_534, true), (501, false), (999, false)])
    func onlyRootTheHelpersUserAndNamedUsersAreAdmitted(user: UInt32, isAdmitted: Bool) {
        #expect(guests.admits(HelperPeer(process: 1, user: user, group: 0)) == isAdmitted)
    }
}
