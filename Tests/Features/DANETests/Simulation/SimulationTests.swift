import StewardDANE
import StewardDNS
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct SimulationTests {
    static let smtp = [Service(text: "mail.example:25")].compactMap(\.self)
    static let three = ["mail.example:25", "mail.example:993", "mx2.example:25"].compactMap { Service(text: $0) }
    /// More runs where STEWARD_SIMULATION_RUNS says so.
    static let runs = ProcessInfo.processInfo.environment["STEWARD_SIMULATION_RUNS"].flatMap { Int($0) } ?? 12
    static let first = ProcessInfo.processInfo.environment["STEWARD_SIMULATION_FIRST"].flatMap { Int($0) } ?? 0

    private func violations(_ name: String, _ make: (UInt64) -> World) {
        for seed in Self.first..<(Self.first + Self.runs) {
            let world = make(UInt64(seed))
            guard let first = world.ledger.violations.first else { continue }
            Issue.record(
                "\(name), seed \(seed): \(world.ledger.violations.count) violations: \(first)\n\(world.trace.suffix(600).joined(separator: "\n"))"
            )
            return
        }
    }

    @Test func calmWorldRollsOverWithStaleResolvers() {
        violations("calm") { seed in
            var world = World(seed: seed, services: Self.smtp)
            world.keepsTrace = Self.runs == 1
            world.ledger.stale = world.policy.settle - 3 * 3600
            world.run(days: 40, weather: [], faults: .init())
            return world
        }
    }

    @Test func nothingBreaksTheRuleWhileResolversServeExpiredAnswers() {
        violations("stale") { seed in
            var world = World(seed: seed, services: seed % 3 == 0 ? Self.three : Self.smtp)
            world.keepsTrace = Self.runs == 1
            world.keepsArchive = seed % 5 != 0
            world.hasUptime = seed % 4 != 0
            // No wait is shortened: what is served lives long enough.
            world.lengthen()
            world.ledger.stale = world.policy.settle - 4 * 3600 - 7200
            world.run(days: 40, weather: .all, faults: .init(observation: 0.02, crash: 0.03, act: 0.05))
            return world
        }
    }

    @Test func nothingBreaksTheRuleWhenTimeIsShort() {
        violations("short") { seed in
            var world = World(
                seed: seed, services: seed % 3 == 0 ? Self.three : Self.smtp,
                forms: seed % 4 == 0
                    ? [RecordForm(), RecordForm(usage: 2)]
                    : seed % 4 == 1 ? [RecordForm(), RecordForm(selector: 0)] : [RecordForm()])
            world.keepsTrace = Self.runs == 1
            world.keepsArchive = seed % 5 != 0
            world.run(
                days: 60, weather: [.services, .writers, .clock, .requests, .off, .late],
                faults: .init(observation: 0.02, crash: 0.03, act: 0.05))
            return world
        }
    }

    @Test func nextKeysRollOverOnCommand() {
        violations("next") { seed in
            var world = World(seed: seed, services: Self.smtp, mode: .next)
            world.keepsTrace = Self.runs == 1
            world.run(
                days: 60, weather: [.services, .writers, .clock, .requests, .off],
                faults: .init(observation: 0.02, crash: 0.03, act: 0.05))
            return world
        }
    }

    @Test func newDeploymentIsAdopted() {
        violations("new") { seed in
            var world = World(seed: seed, services: Self.three, isNew: true)
            world.lengthen()
            world.keepsTrace = Self.runs == 1
            world.run(days: 20, weather: .all, faults: .init(observation: 0.02, crash: 0.03, act: 0.05))
            return world
        }
    }
}
