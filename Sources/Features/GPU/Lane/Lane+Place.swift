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
    /// kept for it; others may have it only if they are surely over before it can start. Who waits for certain or for large
    /// cards waits for these alone and takes nobody's place among the others: there is a head for each set of cards that
    /// tickets wait for.
    ///
    /// A grant may free what was kept: another card becomes the one that a head waits for. So it goes on until nothing is granted.
    mutating func pump(now: Double) {
        while halt == nil, grantSome(now: now) {}
    }

    /// What one look at all tickets has found so far.
    private struct Round {
        var kept = Kept()
        var hasGranted = false
        /// The sets of cards that have a head.
        var waitedFor: Set<Set<Int>> = []
        /// How many cards each head takes of which, those aside that want a certain one.
        var claims: [(cards: Set<Int>, count: Int)] = []
        /// What tickets could use that are no heads: a later one that wants just that doesn't overtake them.
        var passed: Set<Set<Int>> = []

        mutating func add(_ reservation: Reservation, for request: GPURequest, on suited: Set<Int>) {
            kept.forHeads.append(reservation)
            waitedFor.insert(suited)
            if request.card == nil { claims.append((suited, request.count)) }
        }

        /// Whether it is for nothing to keep anything for `request` yet: too few of `candidates` are left to it by the heads.
        func isTooEarly(for request: GPURequest, candidates: [Int]) -> Bool {
            guard request.count > 1 else { return false }
            let taken = claims.map { claim in min(claim.count, candidates.count { claim.cards.contains($0) }) }
            return candidates.count - taken.reduce(0, +) < request.count
        }
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
        let suited = suited(to: ticket.request)
        if let place = place(ticket.request, except: closed(to: ticket, round.kept, now: now)) {
            grant(ticket, on: place, now: now)
            round.hasGranted = true
        } else if !round.waitedFor.contains(suited),
            let reservation = reservation(ticket.request, behind: round.kept, now: now)
        {
            round.add(reservation, for: ticket.request, on: suited)
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
        let suited = suited(to: ticket.request)
        let candidates = candidates(for: ticket.request)
        let isBehind = round.waitedFor.contains(suited) || round.passed.contains { suited.isSubset(of: $0) }
        // Too few are left to it, or an earlier ticket of its caller waits for the same.
        let isTooEarly =
            round.isTooEarly(for: ticket.request, candidates: candidates)
            || !(round.kept.byCaller[ticket.caller] ?? []).isDisjoint(with: candidates)
        guard isBehind || isTooEarly else {
            round.add(reservation, for: ticket.request, on: suited)
            heads.append(ticket.id)
            return false
        }
        if !isTooEarly { round.passed.insert(suited) }
        round.kept.byCaller[ticket.caller, default: []].formUnion(candidates)
        return false
    }

    private func hasRoom(_ card: LaneCard) -> Bool { card.isOpen && !card.isExclusive }

    private mutating func grant(_ ticket: GPUTicket, on place: [Int], now: Double) {
        _ = remove(ticket.id)
        // A lease keeps its cards until they are cleared, whoever else comes with its id.
        guard holds[ticket.id] == nil else { return }
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

    /// Cards that are made for `request`, whatever becomes of them now.
    func suited(to request: GPURequest) -> Set<Int> {
        Set(cards.indices.filter { cards[$0].card.memory >= request.memory ?? 0 && request.accepts(cards[$0].card) })
    }

    /// Cards that could serve `request` now or once their leases end.
    func candidates(for request: GPURequest) -> [Int] {
        cards.indices.filter {
            cards[$0].isComing && cards[$0].card.memory >= request.memory ?? 0 && request.accepts(cards[$0].card)
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
            let emptiest = shared.min {
                (cards[$0].isOpen ? 0 : 1, cards[$0].reserved) < (cards[$1].isOpen ? 0 : 1, cards[$1].reserved)
            }
            kept.cards = emptiest.map { [$0] } ?? []
            return kept
        }
        let free = candidates.filter { cards[$0].leases.isEmpty }
        let soonest = candidates.filter { !cards[$0].leases.isEmpty }
            .sorted { readiness($0, now: now) < readiness($1, now: now) }.prefix(max(request.count - free.count, 0))
        kept.cards = Set(free).union(soonest.filter { !cards[$0].isExclusive })
        return kept
    }

    /// Sorts cards by when they come free: where nobody knows, shared ones first, for they never do unless they are kept. A
    /// card whose job can't be ended is one of which nobody knows.
    private func readiness(_ index: Int, now: Double) -> (Double, Int, Int, Int) {
        let card = cards[index]
        let end = card.leases.compactMap { holds[$0] }.map { hold in
            guard case .ending(_, let since) = hold.phase else { return hold.until }
            let end = since + policy.grace
            return card.isExclusive && now > end + Self.stuckPatience ? .infinity : end
        }.max()
        return (end ?? 0, card.isExclusive ? 1 : 0, card.leases.count, index)
    }

    /// Seconds after its grace when nobody can say any more when the end of a lease is over.
    private static let stuckPatience = 10.0

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
