import Testing

@testable import StewardGPU

/// Random histories: tickets of all kinds, cancellations, ends, cards that are lost, drained, used by others, clocks.
@Suite struct HistoryTests {
    @Test(arguments: 1...5) func nothingIsHeldTwiceNothingIdlesAndAllTicketsEnd(seed: Int) {
        var history = History(seed: UInt64(seed), isOvercommitted: seed % 4 == 0)
        for step in 0..<2000 {
            history.step()
            if let flaw = history.flaw() {
                Issue.record("seed \(seed), step \(step): \(flaw)")
                return
            }
        }
        history.finish()
        #expect(history.open.isEmpty, "tickets that never ended: \(history.open.count)")
        #expect(history.granted > 80)
        #expect(history.lane.holds.isEmpty && history.lane.waitingCount == 0 && history.lane.heads.isEmpty)
        #expect(history.lane.accounts.values.allSatisfy { $0.held == 0 })
    }

    /// With whole single cards alone nothing free is ever kept for anybody: no card is free while somebody waits who takes it.
    @Test(arguments: 1...4) func noCardIdlesWhileAJobThatFitsWaits(seed: Int) {
        var history = History(seed: UInt64(100 + seed), isOvercommitted: false, isSimple: true)
        for step in 0..<2500 {
            history.step()
            let free = history.lane.cards.filter(\.isFree).map(\.card)
            let isIdle = history.lane.tickets.contains { ticket in free.contains(where: ticket.request.accepts) }
            if let flaw = isIdle ? "a card idles" : history.flaw() {
                Issue.record("seed \(seed), step \(step): \(flaw)")
                return
            }
        }
        #expect(history.granted > 80)
    }
}

private struct History {
    var lane: Lane
    var random: Seeded
    var now = 0.0
    var granted = 0
    /// Tickets that have neither been refused nor ended.
    var open: Set<String> = []
    private let isSimple: Bool
    private let cards: [GPUCard]
    private var lost: Set<Int> = []
    private var foreign: [Int: [Int32]] = [:]
    private var ending: [String] = []
    private var count = 0
    private var faults: [String] = []
    private var lastGrant: [String: Double] = [:]

    init(seed: UInt64, isOvercommitted: Bool, isSimple: Bool = false) {
        random = Seeded(state: seed)
        self.isSimple = isSimple
        cards = makeCards(isSimple ? [80, 80, 80, 80] : [24, 24, 40, 80, 80, 80])
        var policy = LanePolicy()
        policy.overcommit = isOvercommitted
        policy.shares = ["c1": 3]
        policy.queue = 16
        lane = makeLane(cards, policy: policy)
    }

    mutating func step() {
        now += Double(random.next() % 1000) / 500
        switch random.next() % 100 {
        case 0..<35: submit()
        case 35..<60: endOne()
        case 60..<90: if let id = ending.popLast() { lane.cleared(id, now: now) }
        case 90..<93:
            if let id = lane.tickets.randomElement(using: &random)?.id { lane.cancel(id, reason: "test", now: now) }
        case 93..<97: changeCards()
        default: lane.tick(now: now)
        }
        drainActions()
    }

    private mutating func submit() {
        count += 1
        let id = "t\(count)"
        open.insert(id)
        let limit = random.next() % 3 == 0 ? Double(5 + random.next() % 40) : nil
        let patience = random.next() % 5 == 0 ? Double(10 + random.next() % 100) : nil
        lane.ask(id, request(), by: "c\(random.next() % 4)", at: now, patience: patience, limit: limit)
    }

    private mutating func request() -> GPURequest {
        let certain = random.next() % 4 == 0 ? cards.randomElement(using: &random) : nil
        if isSimple { return GPURequest(card: certain?.uuid) }
        if let certain {
            let memory = Int(1 + random.next() % 20) * gibibyte
            return random.next() % 3 == 0
                ? GPURequest(memory: memory, shareable: true, card: String(certain.index))
                : GPURequest(card: String(certain.index))
        }
        switch random.next() % 10 {
        case 0..<4: return GPURequest()
        case 4: return GPURequest(count: Int(1 + random.next() % 7))
        case 5: return GPURequest(count: 2, memory: 40 * gibibyte)
        case 6: return GPURequest(memory: Int(random.next() % 90) * gibibyte)
        default: return GPURequest(memory: Int(1 + random.next() % 40) * gibibyte, shareable: true)
        }
    }

    private mutating func endOne() {
        guard let lease = lane.leases.filter({ $0.phase != "ending" }).randomElement(using: &random)?.lease else {
            return
        }
        if lease.holder == nil, random.next() % 2 == 0 {
            lane.started(lease.id, holder: GPUProcess(pid: 1, started: 1), now: now)
        } else {
            lane.end(lease.id, .exited, now: now)
        }
    }

    private mutating func changeCards() {
        guard !isSimple else { return }
        let index = Int(random.next() % UInt64(cards.count))
        switch random.next() % 3 {
        case 0: if lost.contains(index) { lost.remove(index) } else if lost.count < 3 { lost.insert(index) }
        case 1: foreign[index] = foreign[index] == nil ? [99] : nil
        default: lane.drain(cards[index].uuid, !lane.drained.contains(cards[index].uuid), now: now)
        }
        look()
    }

    private mutating func look() {
        lane.see(
            cards.map { Lane.Sighting($0, isLost: lost.contains($0.index), foreign: foreign[$0.index] ?? []) }, now: now
        )
    }

    private mutating func drainActions() {
        for action in lane.takeActions() {
            switch action {
            case .granted(let lease):
                granted += 1
                if lane.waiting(lease.id) != nil { faults.append("\(lease.id) is granted and waits") }
                if isSimple, lease.ticket.request.card == nil { checkOrder(lease) }
            case .refused(let ticket, _): if open.remove(ticket.id) == nil { faults.append("\(ticket.id) ended twice") }
            case .clear(let lease, _): ending.append(lease.id)
            case .ended(let lease, _): if open.remove(lease.id) == nil { faults.append("\(lease.id) ended twice") }
            }
        }
    }

    private mutating func checkOrder(_ lease: GPULease) {
        let caller = lease.ticket.caller
        if lease.ticket.since < lastGrant[caller] ?? 0 { faults.append("\(lease.id) overtook its caller's") }
        lastGrant[caller] = lease.ticket.since
    }

    /// What is wrong with the state, looked at from outside.
    func flaw() -> String? {
        if let fault = faults.first { return fault }
        for card in cards {
            let on = lane.leases.map(\.lease).filter { $0.cards.contains(card.uuid) }
            let whole = on.filter { !$0.ticket.request.shareable }
            if whole.count > 1 || (whole.count == 1 && on.count > 1) {
                return "\(card.uuid) is held by \(on.map(\.id))"
            }
            let reserved = on.compactMap(\.ticket.request.memory).reduce(0, +)
            if whole.isEmpty, reserved > card.memory, !lane.policy.overcommit {
                return "\(card.uuid) is over-committed"
            }
            if on.contains(where: { $0.ticket.request.memory ?? 0 > card.memory }) {
                return "\(card.uuid) is too small"
            }
        }
        for lease in lane.leases.map(\.lease) {
            if let card = lease.ticket.request.card, lease.cards != [card] { return "\(lease.id) has another card" }
            if Set(lease.cards).count != max(lease.ticket.request.count, 1) {
                return "\(lease.id) has the wrong number"
            }
        }
        return idleness()
    }

    /// The first in the order never fits; what else fits is kept for the head, or for an earlier one of its caller.
    private func idleness() -> String? {
        let order = lane.order(now: now)
        var earlier: [String: Set<Int>] = [:]
        var kept: Set<Int> = []
        for id in lane.heads {
            guard let ticket = lane.waiting(id) else { return "\(id) is a head and doesn't wait" }
            if lane.place(ticket.request, except: kept) != nil { return "the head \(id) fits and waits" }
            kept.formUnion(lane.reserve(ticket.request, now: now)?.cards ?? [])
        }
        let wishes = lane.heads.compactMap { lane.waiting($0).map { lane.suited(to: $0.request) } }
        if Set(wishes).count < wishes.count { return "two heads want the same" }
        for (position, ticket) in order.enumerated() where !lane.heads.contains(ticket.id) {
            if lane.place(ticket.request, except: kept.union(earlier[ticket.caller] ?? [])) != nil {
                return "\(ticket.id) at \(position) fits and waits"
            }
            guard lane.reserve(ticket.request, now: now) != nil else { continue }
            earlier[ticket.caller, default: []].formUnion(lane.candidates(for: ticket.request))
        }
        return nil
    }

    mutating func finish() {
        lost = []
        foreign = [:]
        look()
        for card in cards { lane.drain(card.uuid, false, now: now) }
        drainActions()
        for _ in 0..<(2 * count) where !open.isEmpty {
            now += 1
            for lease in lane.leases where lease.phase != "ending" { lane.end(lease.lease.id, .exited, now: now) }
            drainActions()
            while let id = ending.popLast() { lane.cleared(id, now: now) }
            drainActions()
        }
    }
}
