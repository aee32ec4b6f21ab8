@testable import StewardGPU

/// Random numbers that repeat (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

let gibibyte = 1 << 30

/// `count` cards with `memory` GiB each, or with as many as `sizes` says.
func makeCards(_ count: Int, memory: Int = 80) -> [GPUCard] { makeCards(Array(repeating: memory, count: count)) }

func makeCards(_ sizes: [Int]) -> [GPUCard] {
    sizes.enumerated().map { index, size in
        GPUCard(uuid: "GPU-\(index)", index: index, name: "Stand-in", memory: size * gibibyte, minor: index)
    }
}

func makeLane(_ cards: [GPUCard], policy: LanePolicy = LanePolicy()) -> Lane {
    var lane = Lane(policy: policy)
    lane.see(cards.map { Lane.Sighting($0) }, now: 0)
    return lane
}

extension Lane {
    /// Submits and gives the id back.
    @discardableResult
    mutating func ask(
        _ id: String, _ request: GPURequest = GPURequest(), by caller: String = "ada", at now: Double = 0,
        patience: Double? = nil, limit: Double? = nil
    ) -> String {
        submit(
            GPUTicket(
                id: id, request: request, caller: caller, purpose: "job", since: now, patience: patience, limit: limit),
            now: now)
        return id
    }

    /// The lease ends, and nothing is left of its tree.
    mutating func finish(_ id: String, at now: Double) {
        end(id, .exited, now: now)
        cleared(id, now: now)
    }

    mutating func takeActions() -> [LaneAction] {
        defer { actions = [] }
        return actions
    }

    mutating func takeGrants() -> [String] {
        takeActions().compactMap { action in
            if case .granted(let lease) = action { return lease.id }
            return nil
        }
    }

    mutating func takeRefusals() -> [LaneRefusal.Code] {
        takeActions().compactMap { action in
            if case .refused(_, let refusal) = action { return refusal.code }
            return nil
        }
    }
}
