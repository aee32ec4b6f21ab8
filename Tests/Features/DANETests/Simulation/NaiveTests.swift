import StewardDANE
import StewardDNS
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Orders that are known to lose mail must be caught: otherwise the simulation proves nothing.
@Suite struct NaiveTests {
    private func isCaught(
        settle: Double = 72 * 3600, stale: Double = 0, weather: World.Weather = [],
        _ step: @escaping (RolloverState, Observation, RolloverPolicy) -> RolloverStep
    ) -> Bool {
        (0..<100).contains { seed in
            var world = World(seed: UInt64(seed), services: SimulationTests.smtp, settle: settle)
            world.step = step
            world.ledger.stale = stale
            world.run(days: 30, weather: weather, faults: .init(), sameKey: 0)
            return world.ledger.violations.contains { $0.contains("has no record") || $0.contains("foreign") }
        }
    }

    /// What a script does with the newest certificate: publishes and deploys in some order.
    private static func script(
        replacing: Bool, deployFirst: Bool
    ) -> (RolloverState, Observation, RolloverPolicy) -> RolloverStep {
        { state, seen, policy in
            var step = RolloverStep(state: state, text: "", lookAgain: seen.at + 3600)
            guard let lineage = seen.lineage, let primary = seen.servers.first, primary.failure == nil else {
                return step
            }
            let changes = policy.services.compactMap(\.owner).compactMap { owner -> RRsetChange? in
                let present = primary.sets[owner]?.records ?? []
                if lineage.records.allSatisfy(present.contains) { return nil }
                return RRsetChange(
                    zone: policy.zone, owner: owner, present: present, add: lineage.records,
                    remove: replacing ? present : [], ttl: policy.ttl)
            }
            let isDeployed = seen.deployed?.certificate == lineage.certificate
            if !isDeployed && (deployFirst || changes.isEmpty) {
                step.action = .deploy(lineage)
            } else if !changes.isEmpty {
                step.action = .publish(changes)
            }
            return step
        }
    }

    @Test func publishingAndDeployingAtOnceIsCaught() {
        #expect(isCaught(Self.script(replacing: false, deployFirst: false)))
    }

    @Test func replacingAndThenDeployingIsCaught() {
        #expect(isCaught(Self.script(replacing: true, deployFirst: false)))
    }

    @Test func deployingAndThenPublishingIsCaught() {
        #expect(isCaught(Self.script(replacing: true, deployFirst: true)))
    }

    @Test func lookingAtThePrimaryAloneIsCaught() {
        #expect(
            isCaught(stale: 60 * 3600, weather: .servers) { state, seen, policy in
                var seen = seen
                seen.servers = [seen.servers[0]]
                return Rollover.step(state, seen, policy)
            })
    }

    @Test func shortSettlingIsCaughtWhereResolversServeExpiredAnswers() {
        #expect(isCaught(settle: 2 * 3600, stale: 60 * 3600, Rollover.step))
        #expect(!isCaught(settle: 72 * 3600, stale: 60 * 3600, Rollover.step))
    }

    @Test func trustingTheClockIsCaught() {
        #expect(
            isCaught(stale: 66 * 3600, weather: .clock) { state, seen, policy in
                var seen = seen
                seen.uptime = nil
                return Rollover.step(state, seen, policy)
            })
    }
}
