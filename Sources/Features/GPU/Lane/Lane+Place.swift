extension Lane {
    /// What is kept for a ticket that had its turn and did not fit.
    struct Reservation {
        /// Cards, by index, that only it may have.
        var cards: Set<Int> = []
        /// When it can surely start.
        var starts = Double.infinity
    }

    /// What is kept for tickets that had their turn and did not fit.
    struct Kept {
        /// For the heads, in their order.
        var forHeads: [Reservation] = []
        /// Cards that a caller's later tickets may not have: an earlier one waits for them.
        var byCaller: [String: Set<Int>] = [:]
    }

    /// Grants what can be granted: tickets in their order, the heads first. What the first that does not fit waits for is
    /// kept for it; others may have it only if they are surely over before it can start. One that wants a certain card waits
    /// for that card alone, so it takes nobody's place: there is another head for each such card.
    ///
    /// A grant may free what was kept: another card becomes the one that a head waits for. So it goes on until nothing is granted.
    mutating func pump(now: Double) {
        while halt == nil, grantSome(now: now) {}
    }

    /// What one look at all tickets has found so far.
    private struct Round {
        var kept = Kept()
        var hasGranted = false
        /// Which certain cards have a head, and whether there is one that any cards do for: nil.
        var waitedFor: Set<String?> = []
        /// What tickets could use that are no heads: a later one that wants just that doesn't overtake them.
        var passed: Set<Int> = []
    }

    /// Looks at each ticket once; whether one was granted.
    private mutating func grantSome(now: Double) -> Bool {
        guard cards.contains(where: hasRoom), !queues.isEmpty else { return false }
        var round = Round()
        for id in heads {
            guard let ticket = waiting(id) else {
                heads.removeAll { $0 == id }
                return true
            }
            serve(head: ticket, &round, now: now)
        }
        for ticket in order(now: now) where !heads.contains(ticket.id) {
            guard serve(ticket, &round, now: now) else { continue }
            guard cards.contains(where: hasRoom) else { return false }
        }
        return round.hasGranted
    }

    private mutating func serve(head ticket: GPUTicket, _ round: inout Round, now: Double) {
        if let place = place(ticket.request, except: closed(to: ticket, round.kept, now: now)) {
            grant(ticket, on: place, now: now)
            round.hasGranted = true
        } else if let reservation = reservation(ticket.request, behind: round.kept, now: now) {
            round.kept.forHeads.append(reservation)
            round.waitedFor.insert(ticket.request.card)
        } else {
            heads.removeAll { $0 == ticket.id }
        }
    }

    /// Whether the ticket was granted.
    private mutating func serve(_ ticket: GPUTicket, _ round: inout Round, now: Double) -> Bool {
        if let place = place(ticket.request, except: closed(to: ticket, round.kept, now: now)) {
            grant(ticket, on: place, now: now)
            round.hasGranted = true
            return true
        }
        // What only closed cards could serve holds nobody up.
        guard let reservation = reservation(ticket.request, behind: round.kept, now: now) else { return false }
        let candidates = candidates(for: ticket.request)
        let isBehind = ticket.request.card != nil && !round.passed.isDisjoint(with: candidates)
        if !isBehind, round.waitedFor.insert(ticket.request.card).inserted {
            round.kept.forHeads.append(reservation)
            heads.append(ticket.id)
        } else {
            round.passed.formUnion(candidates)
            round.kept.byCaller[ticket.caller, default: []].formUnion(candidates)
        }
        return false
    }

    private func hasRoom(_ card: LaneCard) -> Bool { card.isOpen && !card.isExclusive }

    private mutating func grant(_ ticket: GPUTicket, on place: [Int], now: Double) {
        _ = remove(ticket.id)
        let chosen = place.map { cards[$0].card }.sorted { $0.isBefore($1) }
        let lease = GPULease(
            ticket: ticket, cards: chosen.map(\.uuid), devices: chosen.flatMap(\.devices), granted: now)
        occupy(lease, now: now)
        actions.append(.granted(lease))
    }

    private func closed(to ticket: GPUTicket, _ kept: Kept, now: Double) -> Set<Int> {
        var closed = kept.byCaller[ticket.caller] ?? []
        let limit = [ticket.limit, policy.longestLease].compactMap { $0 }.min() ?? .infinity
        for kept in kept.forHeads where now + limit + policy.grace > kept.starts || kept.starts == .infinity {
            closed.formUnion(kept.cards)
        }
        return closed
    }

    // MARK: Where a request fits

    /// The cards for `request` now, the smallest that do; nil if it doesn't fit.
    func place(_ request: GPURequest, except closed: Set<Int>) -> [Int]? {
        let memory = request.memory ?? 0
        let usable = cards.indices.filter {
            cards[$0].isOpen && !closed.contains($0) && cards[$0].card.memory >= memory
                && request.accepts(cards[$0].card)
        }
        guard request.shareable else {
            let free = usable.filter { cards[$0].leases.isEmpty }
            guard free.count >= request.count else { return nil }
            return Array(free.sorted { size($0) < size($1) }.prefix(request.count))
        }
        let shared = usable.filter {
            !cards[$0].isExclusive && (policy.overcommit || cards[$0].card.memory - cards[$0].reserved >= memory)
        }
        return shared.min { preference($0) < preference($1) }.map { [$0] }
    }

    private func size(_ index: Int) -> (Int, Int) { (cards[index].card.memory, index) }

    /// Shares go together, where the least is left; where memory is over-committed, where the most is left.
    private func preference(_ index: Int) -> (Int, Int, Int) {
        let rest = cards[index].card.memory - cards[index].reserved
        if policy.overcommit { return (0, -rest, index) }
        return (cards[index].leases.isEmpty ? 1 : 0, rest, index)
    }

    /// Open cards that could serve `request`, free or not.
    func candidates(for request: GPURequest) -> [Int] {
        cards.indices.filter {
            cards[$0].isOpen && cards[$0].card.memory >= request.memory ?? 0 && request.accepts(cards[$0].card)
        }
    }

    /// The same for a head behind those for which something is `kept` already: what they have first it can't have sooner.
    private func reservation(_ request: GPURequest, behind kept: Kept, now: Double) -> Reservation? {
        guard var reservation = reserve(request, now: now) else { return nil }
        for earlier in kept.forHeads where !earlier.cards.isDisjoint(with: reservation.cards) {
            reservation.starts = max(reservation.starts, earlier.starts)
        }
        return reservation
    }

    /// What has to be kept so that `request` has its turn as soon as enough comes free; nil if open cards can't serve it.
    func reserve(_ request: GPURequest, now: Double) -> Reservation? {
        let candidates = candidates(for: request)
        guard candidates.count >= request.count else { return nil }
        var kept = Reservation()
        kept.starts = candidates.map { freeAt($0, now: now) }.sorted()[request.count - 1]
        let shared = candidates.filter { !cards[$0].isExclusive && !cards[$0].leases.isEmpty }
        if request.shareable {
            let emptiest = shared.min { cards[$0].reserved < cards[$1].reserved }
            kept.cards = emptiest.map { [$0] } ?? []
            return kept
        }
        let free = candidates.filter { cards[$0].leases.isEmpty }
        let exclusive = candidates.count { cards[$0].isExclusive }
        let missing = max(request.count - free.count - exclusive, 0)
        let draining = shared.sorted { (cards[$0].leases.count, $0) < (cards[$1].leases.count, $1) }.prefix(missing)
        kept.cards = Set(free).union(draining)
        return kept
    }

    private func freeAt(_ index: Int, now: Double) -> Double {
        cards[index].leases.map { id in
            guard let hold = holds[id] else { return now }
            if case .ending(_, let since) = hold.phase { return max(now, since + policy.grace) }
            return hold.until + policy.grace
        }.max() ?? now
    }

    // MARK: What never fits

    /// Why no arrangement of the cards that are there could serve `request`; nil if one could.
    package func impossibility(of request: GPURequest) -> String? {
        if request.count < 1 { return "A request is for at least one GPU." }
        if request.shareable, request.count != 1 { return "A share is of one GPU; ask for whole GPUs without --share." }
        if request.shareable, request.memory == nil {
            return "A share needs the memory that it reserves: say --memory, for example 20GiB."
        }
        let all = cards.filter { !$0.isLost }
        if isBlind || all.contains(where: \.isUnseen) { return nil }
        if let name = request.card { return impossibility(of: request, on: name) }
        guard !all.isEmpty else {
            return cards.isEmpty
                ? "This machine has no GPU that the lane could hand out; 'steward gpu' says why."
                : "All GPUs of this machine fell off the bus; 'steward gpu' shows them."
        }
        let lost = cards.count - all.count
        let missing = lost == 0 ? "" : " (\(lost) fell off the bus)"
        // One process uses one instance at most.
        let present = request.count > 1 ? all.filter { $0.card.part == nil } : all
        guard present.count >= request.count || present.count == all.count else {
            return
                "\(request.count) GPUs are asked for and this machine has \(present.count) whole \(present.count == 1 ? "one" : "ones")\(missing): a program "
                + "can't use more than one instance of MIG; ask for 1."
        }
        guard present.count >= request.count else {
            return "\(request.count) GPUs are asked for and this machine has \(present.count)\(missing)."
        }
        let memory = request.memory ?? 0
        let large = present.count { $0.card.memory >= memory }
        guard large < request.count else { return nil }
        let largest = GPUSize.text(present.map(\.card.memory).max() ?? 0)
        if large == 0 {
            return "\(GPUSize.text(memory)) of memory are asked for and the largest GPU has \(largest)\(missing)."
        }
        return
            "\(request.count) GPUs with \(GPUSize.text(memory)) are asked for and \(large) of \(present.count) have that\(missing)."
    }
}
