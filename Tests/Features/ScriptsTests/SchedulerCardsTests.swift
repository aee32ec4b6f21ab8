import Testing

@testable import StewardScripts

/// Calls that need GPU cards.
@Suite struct SchedulerCardsTests {
    @Test func aCallWaitsInTheLaneAndRunsInAWorkerThatHoldsItsCards() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 1)
        #expect(fixture.asked.map(\.id) == [call.id])
        #expect(call.worker == nil)
        fixture.grant(call)
        #expect(call.worker?.role == .gpu)
        #expect(call.worker?.lease?.id == "lease-\(call.id)")
    }

    @Test func theDeadlineCountsFromTheMomentWhenTheCardsAreThere() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), timeout: 1_000_000_000, cards: 1)
        fixture.tick(after: 50_000_000_000)
        #expect(fixture.failures.isEmpty)
        fixture.grant(call)
        fixture.tick(after: 900_000_000)
        #expect(fixture.failures.isEmpty)
        fixture.tick(after: 200_000_000)
        #expect(fixture.killed == [call.worker!.id])
        #expect(call.cardWait == 50_000_000_000)
    }

    @Test func aWorkerKeepsItsCardsForTheNextCallOfTheSameCallerAlone() {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        let first = fixture.submit(script, cards: 1, by: "ops")
        fixture.grant(first)
        let worker = first.worker
        fixture.answer(first)
        let other = fixture.submit(script, cards: 1, by: "research")
        let two = fixture.submit(script, cards: 2, by: "ops")
        #expect(other.worker == nil && two.worker == nil)
        let second = fixture.submit(script, cards: 1, by: "ops")
        #expect(second.worker === worker)
    }

    @Test func nobodyKeepsCardsThatSomebodyWaitsFor() {
        let fixture = SchedulerFixture()
        let script = fixture.script(wall: 10)
        let first = fixture.submit(script, cards: 1)
        fixture.grant(first)
        let worker = first.worker!
        fixture.answer(first)
        #expect(fixture.retired.isEmpty)
        fixture.scheduler.recall(now: fixture.now)
        fixture.settle()
        #expect(fixture.retired == [worker.id])
        fixture.die(worker, started: 1, status: 0)
        #expect(fixture.handedBack == ["lease-\(first.id)"])
    }

    @Test func cardsThatNobodyUsesGoBackAfterAWhile() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 1)
        fixture.grant(call)
        let worker = call.worker!
        fixture.answer(call)
        fixture.now += fixture.scheduler.limits.keep - 1
        fixture.scheduler.trim(now: fixture.now)
        fixture.settle()
        #expect(!fixture.retired.contains(worker.id))
        fixture.now += 1
        fixture.scheduler.trim(now: fixture.now)
        fixture.settle()
        #expect(fixture.retired.contains(worker.id))
    }

    @Test func aClientThatLeavesTheQueueGivesItsTicketBack() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 1)
        fixture.scheduler.cancel(call, killAt: fixture.now)
        fixture.settle()
        #expect(fixture.withdrawn == [call.id])
        fixture.grant(call)
        #expect(fixture.handedBack == ["lease-\(call.id)"])
        #expect(!fixture.scheduler.workers.contains { $0.role == .gpu })
    }

    @Test func aWorkerThatDiesGivesItsCardsBackAndItsCallFails() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 1)
        fixture.grant(call)
        fixture.die(call.worker!, started: 1)
        #expect(fixture.handedBack == ["lease-\(call.id)"])
        guard case .crashed = fixture.failures[call.id] else { return #expect(Bool(false), "it must fail") }
    }

    @Test func aCallWhoseWorkerDiedBeforeItRanAsksAgain() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 1)
        fixture.grant(call)
        fixture.die(call.worker!, started: 0)
        #expect(fixture.asked.map(\.id) == [call.id, call.id])
        #expect(fixture.handedBack.count == 1)
    }

    @Test func callsInTheLaneAreToldThatTheServerStops() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 1)
        fixture.scheduler.drain()
        fixture.settle()
        #expect(fixture.withdrawn == [call.id])
        guard case .unavailable = fixture.failures[call.id] else { return #expect(Bool(false), "it must fail") }
    }

    @Test func aRefusalReachesTheCaller() {
        let fixture = SchedulerFixture()
        let call = fixture.submit(fixture.script(wall: 10), cards: 3)
        fixture.scheduler.refused(CardRefusal(code: "gpu-impossible", sentence: "There are 2 cards."), to: call)
        fixture.settle()
        guard case .noCards(let refusal) = fixture.failures[call.id] else {
            return #expect(Bool(false), "it must fail")
        }
        #expect(refusal.sentence == "There are 2 cards.")
    }

    @Test func waitingForCardsCountsAgainstTheQueueOfTheZone() {
        var limits = Scheduler.Limits()
        limits.queue = 2
        let fixture = SchedulerFixture(limits)
        let script = fixture.script(wall: 10)
        let calls = (0..<3).map { _ in fixture.submit(script, cards: 1) }
        guard case .overloaded = fixture.failures[calls[2].id] else { return #expect(Bool(false), "it must fail") }
    }
}
