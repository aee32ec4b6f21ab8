import StewardCertificates
import StewardDANE
import StewardDNS
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct RolloverTests {
    private let owner = SimulationTests.smtp[0].owner ?? .root

    /// A world with a renewal, looked at for `hours`.
    private func world(
        days: Double = 20, services: [Service] = SimulationTests.smtp, renewed: Bool = true,
        _ prepare: (inout World) -> Void = { _ in }
    ) -> World {
        var world = World(seed: 2, services: services)
        world.lineage.notAfter = Simulated.date(days * 86_400)
        world.file = world.lineage
        for index in world.endpoints.indices { world.endpoints[index].serving = world.lineage }
        world.run(hours: 1)
        prepare(&world)
        if renewed { world.renew(sameKey: false) }
        return world
    }

    private func decide(_ world: World, _ change: (inout Observation) -> Void = { _ in }) -> RolloverStep {
        var world = world
        var seen = world.observe(.init())
        change(&seen)
        return Rollover.step(world.disk, seen, world.policy)
    }

    @Test func lineSaysWhenTheRenewedCertificateIsDeployed() {
        var world = world(days: 32)
        world.run(hours: 20)
        let text = decide(world).text
        #expect(text.hasPrefix("deploys the renewed certificate in 2 d "))
        #expect(text.contains("(28 days before expiry)"))
    }

    @Test func renewalIsDeployedAfterSettlingAndOldRecordIsRetired() {
        var world = world()
        world.run(hours: 70)
        #expect(world.file != world.lineage)
        #expect(world.servers[2].sets[owner]?.records.count == 2)
        world.run(hours: 10)
        #expect(world.file == world.lineage)
        #expect(world.servers[0].sets[owner]?.records.count == 2)
        world.run(hours: 80)
        #expect(world.servers[0].sets[owner]?.records == world.lineage.records)
        #expect(world.disk.phase == .steady)
        #expect(world.ledger.violations.isEmpty)
    }

    @Test func renewalWithTheSameKeyIsDeployedAtOnce() {
        var world = world(renewed: false)
        world.run(hours: 80)
        world.renew(sameKey: true)
        world.run(hours: 5)
        #expect(world.file == world.lineage)
    }

    @Test func commandShortensSettlingToTheFloor() {
        var world = world()
        world.disk.request = .now
        world.run(hours: 6.5)
        #expect(world.file == world.lineage)
        #expect(world.ledger.violations.isEmpty)
    }

    /// Seen once in a few hundred deliveries: a TTL of 2 s, a set used 5.4 s after it was last served.
    @Test(arguments: [(1, 5), (2, 6), (4, 8), (60, 120)] as [(UInt32, Double)])
    func floorCoversWhatCachesRoundUp(ttl: UInt32, floor: Double) {
        var world = World(seed: 2, services: SimulationTests.smtp, settle: 0, ttl: ttl)
        world.negativeTTL = 1
        world.policy.margin = 0
        world.run(hours: 1)
        world.renew(sameKey: false)
        world.pass(until: world.now + world.policy.interval)
        var settled: Double?
        for _ in 0..<20 where settled == nil {
            _ = world.work(.init())
            world.pass(until: world.now + 1)
            if case .settling(let since, let until) = world.disk.phase { settled = until.timeIntervalSince(since) }
        }
        #expect(settled == floor)
    }

    @Test func expiryShortensSettlingAndSaysSo() {
        var world = world(days: 4)
        world.run(hours: 5)
        let step = decide(world)
        #expect(step.text.contains("shortened: the served certificate expires"))
        world.run(hours: 68)
        #expect(world.file == world.lineage)
    }

    @Test func stuckSecondaryHoldsForEverAndAlarms() {
        var world = world(days: 6) { $0.servers[1].stuckUntil = .infinity }
        world.run(hours: 24 * 8)
        #expect(world.file != world.lineage)
        #expect(world.disk.holds.contains { $0.code == "server-behind" && $0.isAlarm })
        #expect(world.ledger.violations.isEmpty)
    }

    @Test func deadSecondaryHoldsUntilTheCertificateIsAboutToExpire() {
        var world = world(days: 6) { $0.servers[1].deadUntil = .infinity }
        world.run(hours: 24 * 4)
        #expect(world.file != world.lineage)
        #expect(world.disk.holds.contains { $0.code == "server-silent" && $0.isAlarm })
        world.run(hours: 24 * 2)
        #expect(world.file == world.lineage)
    }

    @Test func recordTakenAwayWhileSettlingIsPublishedAgainAndTheClockRestarts() {
        var world = world()
        world.run(hours: 48)
        let new = world.lineage.records
        world.change(owner) { $0.filter { !new.contains($0) } }
        world.run(hours: 48)
        #expect(world.file != world.lineage)
        world.run(hours: 40)
        #expect(world.file == world.lineage)
    }

    @Test func serverAddedWhileSettlingRestartsTheClock() {
        var world = world()
        world.run(hours: 60)
        var added = world.servers[1]
        added.name = "ns9.example"
        world.servers.append(added)
        world.run(hours: 40)
        #expect(world.file != world.lineage)
    }

    @Test func insecureZoneStartsNothing() {
        var world = world {
            $0.security = .insecure
            $0.securityUntil = .infinity
        }
        world.run(hours: 100)
        #expect(world.servers[0].sets[owner]?.records.count == 1)
        #expect(world.disk.holds.contains { $0.code == "zone-insecure" && $0.isAlarm })
    }

    @Test func servicesThatDoNotReloadAreRolledBackAndTheCandidateIsRejected() {
        var world = world { $0.endpoints[0].deafUntil = .infinity }
        world.run(hours: 90)
        #expect(world.file != world.lineage)
        #expect(world.disk.rejected == [world.lineage.certificate])
        #expect(world.disk.holds.contains { $0.code == "candidate-rejected" && $0.isAlarm })
        #expect(world.servers[0].sets[owner]?.records.count == 2)
        world.endpoints[0].deafUntil = 0
        world.disk.request = .now
        world.run(hours: 12)
        #expect(world.file == world.lineage)
    }

    @Test func unknownServedKeyIsNotPublished() {
        var world = world(renewed: false)
        world.endpoints[0].serving = Simulated.credential(key: 99, certificate: 99, from: 0, days: 90)
        let step = decide(world)
        #expect(step.state.holds.contains { $0.code == "unknown-key-served" && $0.isAlarm })
        if case .publish = step.action { Issue.record("published a key that is not this machine's") }
    }

    @Test func servedKeyWithoutRecordIsPublishedAtOnce() {
        var world = world(renewed: false)
        world.change(owner) { _ in [Simulated.foreign(5)] }
        let step = decide(world)
        guard case .publish(let changes) = step.action else {
            Issue.record("nothing was published: \(step.text)")
            return
        }
        #expect(changes.map(\.add) == [world.lineage.records])
        #expect(changes.map(\.remove) == [[]])
        #expect(step.events.contains { $0.code == "repaired" && $0.isAlarm })
    }

    @Test func strongerForeignDigestIsNoCover() {
        let one = Simulated.record(.recommended, key: 1, certificate: 1)
        let foreign = Simulated.record(RecordForm(matching: 2), key: 9, certificate: 9)
        #expect(Coverage.matches([one], [one]))
        #expect(!Coverage.matches([one, foreign], [one]))
        #expect(Coverage.matches([one, TLSA("3 1 2 abcd")].compactMap(\.self), [one]))
    }

    @Test func compromisedKeyIsRetiredRightAfterTheNewOneIsSeen() {
        var world = world()
        world.disk.request = .compromised
        world.run(hours: 14)
        #expect(world.file == world.lineage)
        #expect(world.servers[0].sets[owner]?.records == world.lineage.records)
        #expect(world.disk.compromised.count == 1)
    }

    @Test func removalWaitsForEndpointsThatCannotBeSeen() {
        var world = world()
        world.run(hours: 80)
        world.endpoints[0].unreachableUntil = .infinity
        world.run(hours: 100)
        #expect(world.servers[0].sets[owner]?.records.count == 2)
    }

    @Test func clockSetForwardShortensNothing() {
        var world = world()
        world.run(hours: 10)
        world.clockError = 80 * 3600
        world.run(hours: 40)
        #expect(world.file != world.lineage)
    }

    @Test func planNamesEveryStepToCome() {
        var world = world()
        world.run(hours: 10)
        let plan = Rollover.plan(world.disk, world.observe(.init()), world.policy)
        #expect(plan.map(\.code) == ["settle", "deploy", "verify", "retire"])
        let moments = plan.compactMap(\.earliest)
        #expect(moments.count == 4 && moments == moments.sorted())
    }

    @Test func everyCodeHasAMeaning() {
        #expect(RolloverCatalogue.HoldCode.allCases.allSatisfy { $0.meaning.hasSuffix(".") })
        #expect(RolloverCatalogue.EventCode.allCases.allSatisfy { $0.meaning.hasSuffix(".") })
    }
}

extension World {
    /// Runs without faults for `hours`.
    mutating func run(hours: Double) {
        let end = now + hours * 3600
        while now < end {
            let pause = work(.init())
            pass(until: min(end, now + pause))
        }
    }
}
