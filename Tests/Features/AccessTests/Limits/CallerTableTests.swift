import Testing

@testable import StewardAccess

@Suite struct CallerTableTests {
    private let rate = try! Rate(parsing: "10/s")

    @Test func itNeverHoldsMoreThanItsCapacityAndForgetsTheIdleFirst() {
        var table = CallerTable(capacity: 100)
        let busy = table.slot(for: .key("busy"), now: 0)
        for _ in 0..<10 { table[busy].meter.charge(rate, now: 0) }
        for number in 0..<10_000 {
            let slot = table.slot(for: .address(UInt32(number)), now: 0)
            table[slot].meter.charge(rate, now: 0)
            #expect(table.count <= 100)
        }
        #expect(table.find(.key("busy")) == busy, "whoever used the most is kept")
        #expect(table[busy].meter.remaining(rate, now: 0) == 0)
    }

    @Test func aCallerWithARunningCallKeepsItsSlot() {
        var table = CallerTable(capacity: 20)
        let slots = (0..<10).map { number in
            let slot = table.slot(for: .key("k\(number)"), now: 0)
            table[slot].active = 1
            return slot
        }
        for number in 0..<1000 { _ = table.slot(for: .address(UInt32(number)), now: UInt64(number) * 1_000_000_000) }
        #expect((0..<10).map { table.find(.key("k\($0)")) } == slots)
    }

    @Test func thoseWhoFindNoRoomShareOnePlace() {
        var table = CallerTable(capacity: 4)
        for number in 0..<4 { table[table.slot(for: .key("k\(number)"), now: 0)].active = 1 }
        let (first, second) = (table.slot(for: .key("x"), now: 0), table.slot(for: .key("y"), now: 0))
        #expect(first == second && table[first].caller == .others)
        table[table.find(.key("k0"))!].active = 0
        #expect(table[table.slot(for: .key("x"), now: 0)].caller == .key("x"))
    }

    @Test func itShrinksToThoseWhoAreBusy() {
        var table = CallerTable(capacity: 1 << 16)
        for number in 0..<5000 {
            let slot = table.slot(for: .address(UInt32(number)), now: UInt64(number) * 10_000_000)
            table[slot].meter.charge(rate, now: UInt64(number) * 10_000_000)
        }
        #expect(table.count < 200, "one is busy for 100 ms, and one comes every 10 ms: \(table.count)")
    }

    /// With room for all, it decides as an unbounded dictionary does.
    @Test func forgettingTheIdleChangesNoDecision() throws {
        var random = SeededGenerator(seed: 11)
        let rates = try ["10/s", "3/s burst 9", "1/10s", "100/s burst 1"].map { try Rate(parsing: $0) }
        for rate in rates {
            var table = CallerTable(capacity: 300)
            var model: [LimitedCaller: Meter] = [:]
            var now: UInt64 = 0
            for _ in 0..<20_000 {
                now += UInt64.random(in: 0...40_000_000, using: &random)
                let caller: LimitedCaller =
                    Bool.random(using: &random)
                    ? .network(UInt64.random(in: 0..<120, using: &random))
                    : .key("key-\(Int.random(in: 0..<120, using: &random))")
                let slot = table.slot(for: caller, now: now)
                let isTaken = table[slot].meter.take(rate, now: now) == nil
                #expect(isTaken == (model[caller, default: Meter()].take(rate, now: now) == nil))
            }
        }
    }

    /// Beyond its capacity it may forget, never refuse whom it shouldn't, and running calls stay counted.
    @Test func withTooManyCallersItErrsOnTheirSide() {
        var random = SeededGenerator(seed: 13)
        let limiter = Limiter(
            LimitRules(rate: ByKind(address: rate), concurrency: ByKind(address: 3)), capacity: 64)
        var model: [LimitedCaller: Meter] = [:]
        var running: [(LimitedCaller, LimitTrail)] = []
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            now += UInt64.random(in: 0...5_000_000, using: &random)
            let source = IPAddress(v4: UInt32.random(in: 0..<1000, using: &random))
            let caller = LimitedCaller(source)
            let active = running.count { $0.0 == caller }
            var trail = LimitTrail()
            let refusal = limiter.admit(key: nil, address: source, now: now, trail: &trail)
            let isWithinRate = model[caller, default: Meter()].take(rate, now: now) == nil
            if active >= 3 { #expect(refusal != nil) } else if isWithinRate { #expect(refusal == nil) }
            if refusal == nil { running.append((caller, trail)) } else { trail.end() }
            while running.count > 40 || (!running.isEmpty && Bool.random(using: &random)) {
                var (_, trail) = running.remove(at: Int.random(in: 0..<running.count, using: &random))
                trail.end()
            }
        }
        #expect(limiter.count <= 64)
    }
}
