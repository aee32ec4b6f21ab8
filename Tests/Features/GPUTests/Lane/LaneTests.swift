import Testing

@testable import StewardGPU

@Suite struct LaneTests {
    @Test func aFreeCardIsHandedOutAtOnce() {
        var lane = makeLane(makeCards(2))
        lane.ask("a")
        guard case .granted(let lease)? = lane.takeActions().first else { return #expect(Bool(false), "no grant") }
        #expect(lease.cards == ["GPU-0"])
        #expect(lease.devices == ["/dev/nvidia0"])
    }

    @Test func aCardIsHandedOnOnlyWhenNothingIsLeftOfTheTree() {
        var lane = makeLane(makeCards(1))
        lane.ask("a")
        lane.ask("b")
        #expect(lane.takeGrants() == ["a"])
        lane.end("a", .exited, now: 1)
        #expect(lane.takeGrants() == [])
        lane.cleared("a", now: 2)
        #expect(lane.takeGrants() == ["b"])
    }

    @Test func theSmallestCardThatDoesIsTaken() {
        var lane = makeLane(makeCards([80, 24, 40]))
        lane.ask("a", GPURequest(memory: 30 * gibibyte))
        #expect(lane.lease("a")?.lease.cards == ["GPU-2"])
    }

    @Test func aRequestThatCanNeverFitIsRefusedAtOnceWithASentence() {
        var lane = makeLane(makeCards([24, 24]))
        lane.ask("a", GPURequest(count: 3))
        guard case .refused(_, let refusal)? = lane.takeActions().last else { return #expect(Bool(false)) }
        #expect(refusal.code == .impossible)
        #expect(refusal.sentence == "3 GPUs are asked for and this machine has 2.")
        lane.ask("b", GPURequest(memory: 40 * gibibyte))
        guard case .refused(_, let second)? = lane.takeActions().last else { return #expect(Bool(false)) }
        #expect(second.sentence == "40 GiB of memory are asked for and the largest GPU has 24 GiB.")
    }

    @Test func sharesFillOneCardBeforeTheNextAndNeverMoreThanItHas() {
        var lane = makeLane(makeCards(2))
        for id in ["a", "b", "c", "d"] { lane.ask(id, GPURequest(memory: 30 * gibibyte, shareable: true)) }
        #expect(lane.takeGrants() == ["a", "b", "c", "d"])
        #expect(lane.cards.map(\.leases) == [["a", "b"], ["c", "d"]])
        lane.ask("e", GPURequest(memory: 30 * gibibyte, shareable: true))
        #expect(lane.takeGrants() == [])
        lane.finish("b", at: 1)
        #expect(lane.lease("e")?.lease.cards == ["GPU-0"])
    }

    @Test func overCommitIsForThoseWhoAskForIt() {
        var lane = makeLane(
            makeCards(1),
            policy: {
                var policy = LanePolicy(); policy.overcommit = true; return policy
            }())
        for id in ["a", "b", "c"] { lane.ask(id, GPURequest(memory: 60 * gibibyte, shareable: true)) }
        #expect(lane.takeGrants() == ["a", "b", "c"])
        lane.ask("d")
        #expect(lane.takeGrants() == [])
    }

    @Test func patienceEndsTheWaitWithASentence() {
        var lane = makeLane(makeCards(1))
        lane.ask("a")
        lane.ask("b", at: 10, patience: 5)
        lane.tick(now: 14.9)
        #expect(lane.takeRefusals() == [])
        lane.tick(now: 15)
        #expect(lane.takeRefusals() == [.patience])
        #expect(lane.waitingCount == 0)
    }

    @Test func aDrainedCardGetsNothingNewAndComesBack() {
        var lane = makeLane(makeCards(1))
        lane.drain("GPU-0", true, now: 0)
        lane.ask("a")
        #expect(lane.takeGrants() == [])
        #expect(lane.outlook(now: 0).first?.reason == "GPU 0 drained")
        lane.drain("GPU-0", false, now: 1)
        #expect(lane.takeGrants() == ["a"])
    }

    @Test func aCardUsedOutsideTheLaneIsNotHandedOutAndSaysWhy() {
        let cards = makeCards(1)
        var lane = makeLane(cards)
        lane.see([Lane.Sighting(cards[0], foreign: [4711])], now: 0)
        lane.ask("a")
        #expect(lane.takeGrants() == [])
        #expect(lane.cards[0].closure == "used outside the lane by process 4711")
        lane.see([Lane.Sighting(cards[0], foreign: [])], now: 1)
        #expect(lane.takeGrants() == ["a"])
    }

    @Test func aLostCardEndsItsLeaseAndItsQueueGoesToTheOthers() {
        let cards = makeCards(2)
        var lane = makeLane(cards)
        for id in ["a", "b", "c"] { lane.ask(id) }
        _ = lane.takeActions()
        lane.see([Lane.Sighting(cards[0], isLost: true), Lane.Sighting(cards[1])], now: 5)
        guard case .clear(let lease, .lost)? = lane.takeActions().first else { return #expect(Bool(false)) }
        #expect(lease.id == "a")
        lane.cleared("a", now: 6)
        #expect(lane.takeGrants() == [])
        lane.finish("b", at: 7)
        #expect(lane.lease("c")?.lease.cards == ["GPU-1"])
        lane.see(cards.map { Lane.Sighting($0) }, now: 8)
        lane.ask("d", at: 8)
        #expect(lane.lease("d")?.lease.cards == ["GPU-0"])
    }

    @Test func whatLostCardsMakeImpossibleIsRefused() {
        let cards = makeCards(2)
        var lane = makeLane(cards)
        lane.ask("a")
        lane.ask("b", GPURequest(count: 2))
        _ = lane.takeActions()
        lane.see([Lane.Sighting(cards[0]), Lane.Sighting(cards[1], isLost: true)], now: 1)
        guard case .refused(_, let refusal)? = lane.takeActions().first else { return #expect(Bool(false)) }
        #expect(refusal.sentence == "2 GPUs are asked for and this machine has 1 (1 fell off the bus).")
    }

    @Test func aGrantWhoseHolderNeverStartsEnds() {
        var lane = makeLane(makeCards(1))
        lane.ask("a")
        lane.tick(now: 29)
        #expect(lane.lease("a")?.isEnding == false)
        lane.tick(now: 30)
        #expect(lane.lease("a")?.isEnding == true)
        #expect(lane.actions.last.map { if case .clear(_, .unused) = $0 { true } else { false } } == true)
    }

    @Test func theLongestLeaseIsTheLesserOfTicketAndLane() {
        var lane = makeLane(
            makeCards(2),
            policy: {
                var policy = LanePolicy(); policy.longestLease = 100; return policy
            }())
        lane.ask("a", limit: 50)
        lane.ask("b", limit: 500)
        for id in ["a", "b"] { lane.started(id, holder: GPUProcess(pid: 1, started: 1), now: 0) }
        lane.tick(now: 50)
        #expect((lane.lease("a")?.isEnding, lane.lease("b")?.isEnding) == (true, false))
        lane.tick(now: 100)
        #expect(lane.lease("b")?.isEnding == true)
    }

    @Test func leasesAndPlacesComeBackAfterARestart() {
        let cards = makeCards(1)
        var lane = makeLane(cards)
        lane.ask("a", at: 1)
        lane.ask("b", at: 2)
        lane.ask("c", by: "bob", at: 3)
        let lease = lane.leases[0].lease
        let tickets = lane.tickets
        var next = Lane()
        next.resume(lease, now: 10)
        for ticket in tickets.reversed() { next.resume(ticket) }
        #expect(next.cards[0].closure == "not seen since the start")
        next.see(cards.map { Lane.Sighting($0) }, now: 10)
        #expect(next.takeGrants() == [])
        #expect(next.tickets.filter { $0.caller == "ada" }.map(\.id) == ["b"])
        next.finish("a", at: 11)
        #expect(next.takeGrants() == ["c"], "bob has used nothing yet")
    }

    @Test func aLeaseThatComesBackHasNoTicketLeft() {
        var lane = makeLane(makeCards(1))
        lane.ask("a")
        let lease = lane.leases[0].lease
        var next = Lane()
        next.ask("a")
        next.resume(lease, now: 1)
        #expect(next.waitingCount == 0)
        next.see(makeCards(2).map { Lane.Sighting($0) }, now: 2)
        #expect(next.takeGrants() == [] && next.leases.map(\.lease) == [lease])
    }

    @Test func oneCallerCanNotFillTheQueueForAll() {
        var policy = LanePolicy()
        policy.queue = 4
        var lane = makeLane(makeCards(1), policy: policy)
        for id in ["held", "a1", "a2", "a3", "a4", "a5"] { lane.ask(id) }
        let sentences = lane.takeActions().compactMap { action in
            if case .refused(let ticket, let refusal) = action { return "\(ticket.id) \(refusal.code)" }
            return nil
        }
        #expect(sentences == ["a5 full"])
        lane.ask("b1", by: "bob")
        lane.ask("b2", by: "bob")
        lane.ask("b3", by: "bob")
        #expect(lane.tickets.map(\.id).sorted() == ["a1", "a2", "b1", "b2"])
        #expect(lane.takeRefusals() == [.full, .full, .full])
    }

    @Test func aLookThatIsNotCompleteTakesNothing() {
        let cards = makeCards(2)
        var lane = makeLane(cards)
        lane.ask("a")
        lane.ask("b", GPURequest(count: 2))
        lane.ask("c", GPURequest(card: "0"), by: "bob")
        #expect(lane.takeGrants() == ["a"])
        lane.see([Lane.Sighting(cards[1])], isComplete: false, now: 1)
        #expect(lane.takeActions() == [])
        #expect(lane.card("GPU-0")?.closure == "does not answer")
        lane.see([Lane.Sighting(cards[1])], now: 2)
        #expect(lane.lease("a")?.isEnding == true, "now it is gone")
    }

    @Test func beforeALookIsCompleteNothingIsImpossibleForAMinute() {
        var lane = Lane()
        let seen = [Lane.Sighting(makeCards(1)[0])]
        lane.see(seen, isComplete: false, now: 0)
        lane.ask("pair", GPURequest(count: 2), at: 1)
        #expect(lane.takeRefusals() == [] && lane.waitingCount == 1)
        lane.see(seen, isComplete: false, now: 59)
        #expect(lane.takeRefusals() == [])
        lane.see(seen, isComplete: false, now: 60)
        #expect(lane.takeRefusals() == [.impossible])
    }

    @Test func aGrantThatIsTakenBackIsFirstAgainOnceTheHaltIsOver() {
        var lane = makeLane(makeCards(1))
        lane.ask("a", at: 1)
        lane.ask("b", at: 2)
        #expect(lane.takeGrants() == ["a"])
        lane.halt("the disk is full", now: 3)
        lane.takeBack("a")
        #expect(lane.takeActions().isEmpty)
        #expect(lane.cards[0].isFree && lane.leases.isEmpty)
        #expect(lane.usage(now: 100)["ada"] == 0, "it has used nothing")
        #expect(lane.outlook(now: 4).map(\.ticket.id) == ["a", "b"])
        #expect(lane.outlook(now: 4).allSatisfy { $0.reason == "the disk is full" && $0.wait == nil })
        lane.ask("c", by: "bob", at: 5)
        lane.tick(now: 6)
        #expect(lane.takeGrants() == [])
        lane.halt(nil, now: 7)
        #expect(lane.takeGrants() == ["a"])
    }

    @Test func aShareThatIsTakenBackLeavesTheOthers() {
        var lane = makeLane(makeCards(1))
        let share = GPURequest(memory: 30 * gibibyte, shareable: true)
        lane.ask("a", share)
        lane.ask("b", share)
        lane.takeBack("b")
        #expect(lane.cards[0].leases == ["a"] && lane.cards[0].reserved == 30 * gibibyte)
        lane.takeBack("unknown")
        lane.end("a", .released, now: 2)
        lane.takeBack("a")
        #expect(lane.lease("a")?.isEnding == true, "what ends goes on ending")
    }
}
