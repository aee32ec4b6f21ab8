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

    /// A card that another job holds for itself, nobody knows how long, is none that comes.
    @Test func sharesDontKeepTheOtherCardFromAWholeJobEither() {
        var lane = makeLane(makeCards(2))
        let share = GPURequest(memory: 10 * gibibyte, shareable: true)
        lane.ask("long", by: "kim")
        lane.ask("s0", share, by: "bob")
        lane.ask("whole", by: "ada")
        lane.ask("s1", share, by: "eve")
        #expect(lane.takeGrants() == ["long", "s0"])
        lane.finish("s0", at: 1)
        #expect(lane.takeGrants() == ["whole"])
    }

    @Test func whereTheOtherCardIsSurelyFreeSoonSharesGoOn() {
        var lane = makeLane(makeCards(2))
        let share = GPURequest(memory: 10 * gibibyte, shareable: true)
        lane.ask("short", by: "kim", limit: 60)
        lane.ask("s0", share, by: "bob")
        lane.ask("whole", by: "ada")
        lane.ask("s1", share, by: "eve")
        #expect(lane.takeGrants() == ["short", "s0", "s1"])
        lane.finish("short", at: 60)
        #expect(lane.takeGrants() == ["whole"])
    }

    /// What never ends though it was told to is not soon free.
    @Test func aCardWhoseJobCanNotBeEndedIsNoneThatComes() {
        var lane = makeLane(makeCards(2))
        let share = GPURequest(memory: 10 * gibibyte, shareable: true)
        lane.ask("stuck", by: "kim")
        lane.ask("s0", share, by: "bob")
        lane.end("stuck", .released, now: 1)
        lane.ask("whole", by: "ada", at: 100)
        lane.ask("s1", share, by: "eve", at: 100)
        #expect(lane.takeGrants() == ["stuck", "s0"])
        lane.finish("s0", at: 101)
        #expect(lane.takeGrants() == ["whole"])
    }

    /// A stranger on a card that is held, for the length of a look, takes nothing from who waits for two.
    @Test func aStrangerOnAHeldCardDoesNotOpenWhatIsKept() {
        let cards = makeCards(2)
        var lane = makeLane(cards)
        lane.ask("a", by: "bob")
        lane.ask("b", by: "bob")
        lane.ask("large", GPURequest(count: 2), by: "ada")
        lane.ask("small", by: "eve")
        lane.see([Lane.Sighting(cards[0], foreign: [99]), Lane.Sighting(cards[1])], now: 1)
        lane.finish("b", at: 2)
        #expect(lane.takeGrants() == ["a", "b"])
        #expect(lane.heads == ["large"])
        lane.see(cards.map { Lane.Sighting($0) }, now: 3)
        lane.finish("a", at: 4)
        #expect(lane.takeGrants() == ["large"])
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

    /// The large card is held for days; who waits for it is no reason to let a job for two small ones starve.
    @Test func whoWaitsForALargeCardTakesNobodysTurnOnTheOthers() {
        var lane = makeLane(makeCards([24, 24, 80]))
        let large = GPURequest(memory: 60 * gibibyte)
        lane.ask("days", large, by: "eve")
        for id in ["s0", "s1"] { lane.ask(id, by: "kim") }
        lane.ask("large", large, by: "ada")
        lane.ask("pair", GPURequest(count: 2), by: "bob")
        for index in 2..<20 { lane.ask("s\(index)", by: "c\(index)", at: 1) }
        for index in 0..<2 { lane.finish("s\(index)", at: 10 + Double(index)) }
        #expect(lane.takeGrants() == ["days", "s0", "s1", "pair"])
        #expect(lane.heads.first == "large")
        lane.finish("days", at: 20)
        #expect(lane.takeGrants() == ["large"])
    }

    /// Who could start only after the large job is not waited for before that has its turn.
    @Test func whatAJobCanNotUseYetIsNotKeptForIt() {
        var lane = makeLane(makeCards([24, 80]))
        let large = GPURequest(memory: 60 * gibibyte)
        lane.ask("days", large, by: "eve")
        lane.ask("large", large, by: "ada")
        lane.ask("pair", GPURequest(count: 2), by: "bob")
        lane.ask("small", by: "kim", at: 1)
        #expect(lane.takeGrants() == ["days", "small"])
        lane.finish("days", at: 2)
        lane.ask("next", by: "zoe", at: 2)
        lane.finish("small", at: 3)
        #expect(lane.takeGrants() == ["large"], "now it is kept")
        lane.finish("large", at: 4)
        #expect(lane.takeGrants() == ["pair"])
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
