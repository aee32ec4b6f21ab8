import Testing

@testable import StewardGPU

/// Instances of cards in MIG mode in the lane.
@Suite struct PartsTests {
    private func part(_ number: Int, of card: Int, gibibytes: Int = 10) -> GPUCard {
        GPUCard(
            uuid: "MIG-\(card)-\(number)", index: card, name: "Stand-in MIG", memory: gibibytes * gibibyte, minor: card,
            part: GPUPart(card: "GPU-\(card)", number: number, capabilities: [30 + number, 40 + number]))
    }

    private func whole(_ index: Int) -> GPUCard {
        GPUCard(uuid: "GPU-\(index)", index: index, name: "Stand-in", memory: 80 * gibibyte, minor: index)
    }

    private func lane(_ cards: [GPUCard]) -> Lane {
        var lane = Lane()
        lane.see(cards.map { Lane.Sighting($0) }, now: 0)
        lane.actions = []
        return lane
    }

    private func ticket(_ id: String, _ request: GPURequest) -> GPUTicket {
        GPUTicket(id: id, request: request, caller: "a", purpose: "test", since: 1)
    }

    private func granted(_ lane: Lane) -> [GPULease] {
        lane.actions.compactMap { action in
            guard case .granted(let lease) = action else { return nil }
            return lease
        }
    }

    @Test func theSmallestInstanceThatDoesIsGivenWithItsDeviceFiles() {
        var lane = lane([whole(0), part(0, of: 1, gibibytes: 40), part(1, of: 1)])
        lane.submit(ticket("one", GPURequest(count: 1)), now: 1)
        lane.submit(ticket("two", GPURequest(count: 1, memory: 20 * gibibyte)), now: 1)
        let leases = granted(lane)
        #expect(leases.map(\.cards) == [["MIG-1-1"], ["MIG-1-0"]])
        #expect(
            leases[0].devices == ["/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap31", "/dev/nvidia-caps/nvidia-cap41"])
        #expect(leases[0].environment["CUDA_VISIBLE_DEVICES"] == "MIG-1-1")
    }

    @Test func severalAreWholeCards() {
        var lane = lane([whole(0), part(0, of: 1), part(1, of: 1), whole(2)])
        lane.submit(ticket("pair", GPURequest(count: 2)), now: 1)
        #expect(granted(lane).map(\.cards) == [["GPU-0", "GPU-2"]])
        let sentence = lane.impossibility(of: GPURequest(count: 3))
        #expect(
            sentence
                == "3 GPUs are asked for and this machine has 2 whole ones: a program can't use more than one instance of MIG; ask for 1."
        )
        #expect(lane.impossibility(of: GPURequest(count: 1)) == nil)
    }

    @Test func aPairThatWaitsKeepsNobodyFromAnInstance() {
        var lane = lane([whole(0), part(0, of: 1), whole(2)])
        lane.submit(ticket("first", GPURequest(count: 1, memory: 40 * gibibyte)), now: 1)
        lane.submit(ticket("pair", GPURequest(count: 2)), now: 2)
        lane.submit(
            GPUTicket(id: "small", request: GPURequest(count: 1), caller: "b", purpose: "test", since: 3), now: 3)
        #expect(granted(lane).map(\.ticket.id) == ["first", "small"])
        #expect(granted(lane)[1].cards == ["MIG-1-0"])
    }

    @Test func aLeaseEndsWithItsInstanceAndIsForgottenWithIt() {
        var lane = lane([whole(0), part(0, of: 1)])
        lane.submit(ticket("one", GPURequest(count: 1)), now: 1)
        lane.actions = []
        lane.see([Lane.Sighting(whole(0)), Lane.Sighting(part(5, of: 1))], now: 2)
        #expect(lane.actions.contains { if case .clear(let lease, .lost) = $0 { lease.id == "one" } else { false } })
        #expect(lane.card("MIG-1-0")?.closure == "is gone")
        lane.cleared("one", now: 3)
        lane.see([Lane.Sighting(whole(0)), Lane.Sighting(part(5, of: 1))], now: 4)
        #expect(lane.cards.map(\.card.uuid) == ["GPU-0", "MIG-1-5"])
    }

    @Test func instancesTakeTheirCardsPlace() {
        var lane = lane([whole(0), whole(1)])
        lane.see([Lane.Sighting(whole(0)), Lane.Sighting(part(0, of: 1))], now: 1)
        #expect(lane.cards.map(\.card.number) == ["0", "1:0"])
        lane.see([Lane.Sighting(whole(0)), Lane.Sighting(whole(1))], now: 2)
        #expect(lane.cards.map(\.card.number) == ["0", "1"])
    }
}
