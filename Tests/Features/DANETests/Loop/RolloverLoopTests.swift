import Foundation
import StewardCertificates
import StewardDNS
import Testing

@testable import StewardDANE

@Suite struct RolloverLoopTests {
    @Test func firstCertificateIsPublishedAndDeployed() async throws {
        let world = try LoopWorld()
        let first = try world.renew()
        let loop = try world.loop()
        let status = try await world.settle(loop) { $0.phase == "steady" && $0.deployed != nil }
        #expect(status.deployed?.certificate == first.facts.fingerprint)
        #expect(world.records() == status.deployed?.records)
        #expect(status.services.first?.isMatched == true)
        #expect(world.unmatched.isEmpty)
    }

    @Test func renewedCertificateWaitsIsDeployedAndTheOldRecordRetired() async throws {
        let world = try LoopWorld(services: ["mail.example:25", "mail.example:465"])
        try world.renew()
        let loop = try world.loop()
        _ = try await world.settle(loop) { $0.phase == "steady" && $0.deployed != nil }
        world.pass(60 * 86_400)
        let second = try world.renew()
        let settling = try await world.settle(loop, days: 1) { $0.phase == "settling" }
        #expect(settling.phase == "settling")
        #expect(world.records(1, 1).count == 2)
        #expect(settling.services.first?.recordLabels.contains(" + ") == true)
        let third = try world.renew()
        let end = try await world.settle(loop) {
            $0.phase == "steady" && $0.deployed?.certificate == third.facts.fingerprint
        }
        #expect(
            end.deployed?.certificate == third.facts.fingerprint
                || end.deployed?.certificate == second.facts.fingerprint)
        #expect(world.unmatched.isEmpty)
        #expect(world.told.contains("deployed"))
    }

    @Test func everyTurnMayBeTheLastOfItsProcess() async throws {
        let world = try LoopWorld()
        try world.renew()
        _ = try await world.settle(world.loop()) { $0.phase == "steady" && $0.deployed != nil }
        world.pass(60 * 86_400)
        let second = try world.renew()
        var status = try #require(try await world.loop().advance().first)
        let end = world.now + 20 * 86_400
        while !(status.phase == "steady" && status.deployed?.certificate == second.facts.fingerprint), world.now < end {
            world.pass(max((status.lookAgain ?? world.now).timeIntervalSince(world.now), 1))
            status = try #require(try await world.loop().advance().first)
        }
        #expect(status.deployed?.certificate == second.facts.fingerprint)
        #expect(world.records() == status.deployed?.records)
        #expect(world.unmatched.isEmpty)
    }

    @Test func stuckSecondaryHoldsTheDeployment() async throws {
        let world = try LoopWorld()
        let first = try world.renew()
        let loop = try world.loop()
        _ = try await world.settle(loop) { $0.phase == "steady" && $0.deployed != nil }
        world.pass(60 * 86_400)
        world.fail { $0.isStuck = true }
        let second = try world.renew()
        let held = try await world.settle(loop, days: 8) { _ in false }
        #expect(held.deployed?.certificate == first.facts.fingerprint)
        #expect(held.state?.holds.isEmpty == false)
        world.fail { $0.isStuck = false }
        world.transfer()
        let end = try await world.settle(loop) {
            $0.phase == "steady" && $0.deployed?.certificate != first.facts.fingerprint
        }
        #expect(end.deployed?.certificate == second.facts.fingerprint)
        #expect(world.unmatched.isEmpty)
    }

    @Test func serviceThatKeepsServingTheOldFileIsRolledBack() async throws {
        let world = try LoopWorld()
        let first = try world.renew()
        let loop = try world.loop()
        _ = try await world.settle(loop) { $0.phase == "steady" && $0.deployed != nil }
        world.pass(60 * 86_400)
        world.fail { $0.servesOld = true }
        try world.renew()
        let status = try await world.settle(loop, days: 10) { _ in world.told.contains("rolled-back") }
        #expect(world.told.contains("rolled-back"))
        #expect(status.deployed?.certificate == first.facts.fingerprint)
        #expect(world.unmatched.isEmpty)
    }

    @Test func waitingCandidateOutlivesTheArchive() async throws {
        let world = try LoopWorld()
        try world.renew()
        let loop = try world.loop()
        _ = try await world.settle(loop) { $0.phase == "steady" && $0.deployed != nil }
        world.pass(60 * 86_400)
        let second = try world.renew()
        _ = try await world.settle(loop, days: 1) { $0.phase == "settling" }
        for kind in ["privkey", "cert", "chain", "fullchain"] {
            unlink("\(world.scratch.path)/tree/archive/mail/\(kind)2.pem")
        }
        let end = try await world.settle(world.loop(), days: 10) {
            $0.deployed?.certificate == second.facts.fingerprint
        }
        #expect(end.deployed?.certificate == second.facts.fingerprint)
        #expect(world.unmatched.isEmpty)
    }

    @Test func planAndStatusChangeNothing() async throws {
        let world = try LoopWorld()
        try world.renew()
        let before = world.scratch.names
        let loop = try world.loop()
        let plan = try #require(await loop.plan().first)
        let status = try #require(await loop.status(fresh: true).first)
        #expect(plan.action != nil)
        #expect(status.observedAt != nil)
        #expect(world.published == 0)
        #expect(world.scratch.names.filter { !$0.hasPrefix("dane") } == before)
        #expect(!world.scratch.names.contains { $0.hasSuffix("state.json") })
    }

    @Test func failureOfPublishingIsTold() async throws {
        let world = try LoopWorld()
        try world.renew()
        world.fail { $0.publishing = PublishFailure("refused", "192.0.2.1 refused the change.") }
        let status = try #require(try await world.loop().advance().first)
        #expect(status.flaws.contains { $0.code == "refused" })
        #expect(status.text.contains("refused the change"))
        #expect(world.unmatched.isEmpty)
    }

    @Test func damagedStateIsSetAsideAndToldAndNothingServedIsTakenAway() async throws {
        let world = try LoopWorld()
        try world.renew()
        let before = try await world.settle(world.loop()) { $0.phase == "steady" && $0.deployed != nil }
        let name = try #require(world.scratch.names.first { $0.hasSuffix("state.json") })
        try world.scratch.write(name, "{")
        let after = try await world.settle(world.loop(), days: 2) { _ in false }
        #expect(world.told.contains("state-damaged"))
        #expect(world.scratch.names.contains { $0.hasSuffix("state.json.damaged.1") })
        #expect(after.deployed == before.deployed)
        #expect(world.records() == before.deployed?.records)
        #expect(world.unmatched.isEmpty)
    }

    @Test func unknownDeploymentIsRefusedWithTheKnownOnes() async throws {
        let loop = try LoopWorld().loop()
        let error = await #expect(throws: DANERefusal.self) { try await loop.advance("nobody") }
        #expect(error?.text == "There is no deployment 'nobody'. There are: mail.")
    }

    @Test func runFindsARenewalByItself() async throws {
        let world = try LoopWorld()
        try world.renew()
        let loop = try world.loop()
        let task = Task { await loop.run() }
        defer { task.cancel() }
        for _ in 0..<100 where world.published == 0 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(world.published > 0)
        let before = try #require(await loop.status().first?.observedAt)
        world.pass(1)
        try world.renew()
        for _ in 0..<100 {
            if try #require(await loop.status().first?.observedAt) > before { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try #require(await loop.status().first?.observedAt) > before)
        task.cancel()
        await task.value
    }
}
