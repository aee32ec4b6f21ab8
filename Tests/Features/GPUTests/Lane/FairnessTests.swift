import Testing

@testable import StewardGPU

@Suite struct FairnessTests {
    @Test func whoeverUsedLeastIsNext() {
        var lane = makeLane(makeCards(1))
        lane.ask("a1", by: "ada")
        lane.ask("a2", by: "ada")
        lane.ask("b1", by: "bob", at: 1)
        lane.finish("a1", at: 10)
        #expect(lane.takeGrants() == ["a1", "b1"])
    }

    @Test func oneCallersTicketsGoInTheOrderInWhichTheyCame() {
        var lane = makeLane(makeCards(1))
        let ids = (0..<20).map { "t\($0)" }
        for (index, id) in ids.enumerated() { lane.ask(id, at: Double(index) / 100) }
        for (index, id) in ids.enumerated() { lane.finish(id, at: 1 + Double(index)) }
        #expect(lane.takeGrants() == ids)
    }

    /// Three callers with shares 1, 2 and 4 keep the queue full for two hours; jobs last 20 to 60 s.
    @Test(arguments: [1, 2, 3] as [UInt64]) func sharesBecomeGPUSeconds(seed: UInt64) {
        var policy = LanePolicy()
        policy.shares = ["ada": 1, "bob": 2, "eve": 4]
        var simulation = Simulation(lane: makeLane(makeCards(8), policy: policy), seed: seed)
        simulation.run(callers: ["ada", "bob", "eve"], until: 7200) { 20 + Double($0.next() % 41) }
        let used = simulation.used
        let unit = used.values.reduce(0, +) / 7
        for (caller, share) in policy.shares { #expect(abs(used[caller]! / unit / share - 1) < 0.05, "\(caller)") }
        #expect(used.values.reduce(0, +) > 0.999 * 8 * 7200, "no card is idle")
    }

    /// One caller's jobs last ten times as long as the other's; the GPU-seconds are the same all the same.
    @Test func longJobsDontBuyMore() {
        var simulation = Simulation(lane: makeLane(makeCards(4)), seed: 5)
        simulation.run(callers: ["short", "long"], until: 20_000) { _ in
            0
        } lasting: { caller in
            caller == "long" ? 300 : 30
        }
        let ratio = simulation.used["long"]! / simulation.used["short"]!
        #expect(abs(ratio - 1) < 0.1, "\(ratio)")
    }

    @Test func manySmallJobsDontKeepALargeOneWaiting() {
        var lane = makeLane(makeCards(4))
        for index in 0..<4 { lane.ask("s\(index)", by: "bob") }
        lane.ask("large", GPURequest(count: 4), by: "ada")
        for index in 4..<40 { lane.ask("s\(index)", by: "bob") }
        for index in 0..<4 { lane.finish("s\(index)", at: 10 + Double(index)) }
        #expect(lane.takeGrants() == ["s0", "s1", "s2", "s3", "large"])
    }

    @Test func sharesDontKeepAWholeCardFromWhoeverWaitsForIt() {
        var lane = makeLane(makeCards(1))
        lane.ask("s0", GPURequest(memory: 10 * gibibyte, shareable: true), by: "bob")
        lane.ask("whole", by: "ada")
        lane.ask("s1", GPURequest(memory: 10 * gibibyte, shareable: true), by: "eve")
        #expect(lane.takeGrants() == ["s0"])
        lane.finish("s0", at: 1)
        #expect(lane.takeGrants() == ["whole"])
    }

    @Test func ajobThatIsSurelyOverInTimeGoesAhead() {
        var lane = makeLane(makeCards(2))
        lane.ask("first", by: "bob", limit: 100)
        lane.ask("large", GPURequest(count: 2), by: "ada")
        lane.ask("long", by: "eve", limit: 101)
        lane.ask("open", by: "eve")
        lane.ask("short", by: "kim", limit: 95)
        #expect(lane.takeGrants() == ["first", "short"])
        lane.finish("short", at: 95)
        lane.finish("first", at: 100)
        #expect(lane.takeGrants() == ["large"])
    }

    @Test func aSmallCardThatTheHeadCantUseIsNotKeptForIt() {
        var lane = makeLane(makeCards([24, 80]))
        lane.ask("a", GPURequest(memory: 60 * gibibyte), by: "ada")
        lane.ask("b", GPURequest(memory: 60 * gibibyte), by: "bob")
        lane.ask("c", by: "eve")
        #expect(lane.takeGrants() == ["a", "c"])
    }

    @Test func theOutlookCountsLeasesOfLate() {
        var lane = makeLane(makeCards(1))
        lane.ask("a")
        lane.finish("a", at: 100)
        for id in ["b", "c", "d"] { lane.ask(id, at: 100) }
        let outlook = lane.outlook(now: 110)
        #expect(outlook.map(\.position) == [1, 2])
        #expect(outlook.map(\.wait) == [90, 190])
    }
}

/// Callers that always have jobs waiting.
private struct Simulation {
    var lane: Lane
    var random: Seeded
    var used: [String: Double] = [:]
    private var ends: [(at: Double, id: String)] = []
    private var count = 0
    private var owners: [String: String] = [:]

    init(lane: Lane, seed: UInt64) {
        self.lane = lane
        random = Seeded(state: seed)
    }

    mutating func run(
        callers: [String], until end: Double, _ duration: (inout Seeded) -> Double,
        lasting: (String) -> Double = { _ in 0 }
    ) {
        for _ in 0..<20 { for caller in callers { submit(caller, at: 0) } }
        var now = 0.0
        while true {
            for action in lane.takeActions() {
                guard case .granted(let lease) = action else { continue }
                let caller = lease.ticket.caller
                let length = duration(&random) + lasting(caller)
                used[caller, default: 0] += min(now + length, end) - now
                ends.append((now + length, lease.id))
                submit(caller, at: now)
            }
            guard let next = ends.indices.min(by: { ends[$0].at < ends[$1].at }) else { return }
            let done = ends.remove(at: next)
            now = done.at
            guard now < end else { return }
            lane.finish(done.id, at: now)
        }
    }

    private mutating func submit(_ caller: String, at now: Double) {
        count += 1
        lane.ask("\(caller)\(count)", by: caller, at: now)
    }
}
