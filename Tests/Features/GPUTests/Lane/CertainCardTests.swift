import Testing

@testable import StewardGPU

/// Tickets that want one certain card: fair to those who take any, and fairly served.
@Suite struct CertainCardTests {
    private func certain(_ card: String) -> GPURequest { GPURequest(card: card) }

    @Test(arguments: ["1", "GPU-1"]) func itGetsThatCardByNumberOrUUID(name: String) {
        var lane = makeLane(makeCards(3))
        lane.ask("a", certain(name))
        #expect(lane.leases.map(\.lease.cards) == [["GPU-1"]])
        #expect(lane.leases.first?.lease.ticket.request.card == "GPU-1", "numbers may change")
    }

    @Test func itWaitsForThatCardWhileOthersTakeTheRest() {
        var lane = makeLane(makeCards(3))
        lane.ask("holder", certain("1"), by: "bob")
        lane.ask("wants", certain("1"), by: "ada")
        lane.ask("any", by: "eve")
        lane.ask("own", by: "ada")
        #expect(lane.takeGrants() == ["holder", "any", "own"])
        let place = lane.outlook(now: 1).first
        #expect(place?.reason == "first in turn for GPU 1, which is kept for it once it is free")
        lane.finish("any", at: 2)
        #expect(lane.takeGrants() == [] && lane.waitingCount == 1)
        lane.finish("holder", at: 3)
        #expect(lane.takeGrants() == ["wants"])
    }

    /// Bob's jobs end where he gets the next one at once; without a head for the card Ada would never have it.
    @Test func itDoesNotStarveWhereOthersKeepTheCardBusy() {
        var lane = makeLane(makeCards(2))
        lane.ask("a0", certain("0"), by: "ada")
        lane.ask("b0", certain("1"), by: "bob")
        lane.ask("wanted", certain("1"), by: "ada")
        for index in 1...40 {
            lane.ask("a\(index)", by: "ada")
            lane.ask("b\(index)", by: "bob")
        }
        var now = 0.0
        var running = ["a0", "b0"]
        _ = lane.takeGrants()
        for _ in 0..<6 where !running.contains("wanted") {
            for id in running {
                now += 10
                lane.finish(id, at: now)
                running.removeAll { $0 == id }
                running += lane.takeGrants()
            }
        }
        #expect(running.contains("wanted"))
    }

    /// A long lease on the certain card is not the large job's affair: what else comes free is kept for that one all the same.
    @Test func itTakesNobodysTurn() {
        var lane = makeLane(makeCards(4))
        lane.ask("long", certain("0"), by: "bob")
        for index in 1..<4 { lane.ask("s\(index)", by: "bob") }
        lane.ask("wants", certain("0"), by: "ada")
        lane.ask("large", GPURequest(count: 3), by: "eve")
        for index in 4..<40 { lane.ask("s\(index)", by: "kim", at: 1) }
        _ = lane.takeGrants()
        for index in 1..<4 { lane.finish("s\(index)", at: 10 + Double(index)) }
        #expect(lane.takeGrants() == ["large"])
        lane.finish("long", at: 20)
        #expect(lane.takeGrants() == ["wants"])
    }

    @Test func anEarlierLargeJobHasTheCardFirst() {
        var lane = makeLane(makeCards(2))
        lane.ask("first", certain("0"), by: "bob")
        lane.ask("large", GPURequest(count: 2), by: "ada")
        lane.ask("wants", certain("1"), by: "eve")
        lane.ask("short", GPURequest(card: "1"), by: "kim", at: 1)
        #expect(lane.takeGrants() == ["first"], "GPU 1 is kept")
        lane.finish("first", at: 2)
        #expect(lane.takeGrants() == ["large"])
        lane.finish("large", at: 3)
        #expect(lane.takeGrants() == ["wants"])
    }

    /// Who comes later in the order and wants a certain card doesn't overtake those before who could use it.
    @Test func itDoesNotOvertakeByNamingACard() {
        var lane = makeLane(makeCards([24, 80]))
        let large = GPURequest(memory: 60 * gibibyte)
        lane.ask("holder", large, by: "bob")
        lane.ask("first", large, by: "eve")
        lane.ask("second", large, by: "kim")
        lane.ask("wants", certain("1"), by: "zoe", at: 1)
        #expect(lane.takeGrants() == ["holder"])
        for (at, id) in ["holder", "first", "second"].enumerated() { lane.finish(id, at: Double(at + 1)) }
        #expect(lane.takeGrants() == ["first", "second", "wants"])
    }

    @Test func sharesOfItMakeRoomForWhoeverWantsAllOfIt() {
        var lane = makeLane(makeCards(2))
        let share = GPURequest(memory: 10 * gibibyte, shareable: true, card: "1")
        lane.ask("s0", share, by: "bob")
        lane.ask("whole", certain("1"), by: "ada")
        lane.ask("s1", share, by: "eve")
        lane.ask("other", GPURequest(memory: 10 * gibibyte, shareable: true), by: "eve")
        #expect(lane.takeGrants() == ["s0", "other"])
        lane.finish("s0", at: 1)
        #expect(lane.takeGrants() == ["whole"])
    }

    @Test func aCardThatCantBeIsRefusedWithThoseThatAre() {
        var lane = makeLane(makeCards([24, 80]))
        let list = "GPU 0 (GPU-0, Stand-in, 24 GiB), GPU 1 (GPU-1, Stand-in, 80 GiB)."
        #expect(lane.impossibility(of: certain("7")) == "The lane has no GPU 7. It has " + list)
        #expect(lane.impossibility(of: certain("GPU-x")) == "The lane has no GPU-x. It has " + list)
        #expect(
            lane.impossibility(of: GPURequest(memory: 60 * gibibyte, card: "0"))
                == "60 GiB of memory are asked for and GPU 0 (GPU-0) has 24 GiB. It has GPU 1 (GPU-1, Stand-in, 80 GiB)."
        )
        #expect(
            lane.impossibility(of: GPURequest(count: 2, card: "0"))
                == "A certain GPU is one GPU; ask for 2 without naming one.")
        lane.ask("holder", certain("1"))
        lane.ask("wants", certain("1"))
        let cards = makeCards([24, 80])
        lane.see([Lane.Sighting(cards[0]), Lane.Sighting(cards[1], isLost: true)], now: 1)
        let refusals = lane.takeActions().compactMap { action in
            if case .refused(_, let refusal) = action { refusal.sentence } else { nil }
        }
        #expect(refusals == ["GPU 1 (GPU-1) fell off the bus. It has GPU 0 (GPU-0, Stand-in, 24 GiB)."])
        #expect(lane.waitingCount == 0 && lane.heads == [])
    }

    @Test func aDrainedCardIsWaitedForAndKeepsNothing() {
        var lane = makeLane(makeCards(2))
        lane.drain("GPU-1", true, now: 0)
        lane.ask("wants", certain("1"))
        lane.ask("any")
        #expect(lane.takeGrants() == ["any"])
        #expect(lane.outlook(now: 1).map(\.reason) == ["GPU 1 drained"])
        lane.drain("GPU-1", false, now: 2)
        #expect(lane.takeGrants() == ["wants"])
    }

    @Test func patienceNamesTheCard() {
        var lane = makeLane(makeCards(2))
        lane.ask("holder", certain("1"))
        lane.ask("wants", certain("1"), patience: 5)
        lane.tick(now: 6)
        let refusals = lane.takeActions().compactMap { action in
            if case .refused(_, let refusal) = action { refusal.sentence } else { nil }
        }
        #expect(refusals.count == 1 && refusals[0].hasPrefix("GPU 1 did not come free within 5 s"))
    }
}
