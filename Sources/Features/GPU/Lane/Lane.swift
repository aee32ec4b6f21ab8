/// Hands out the cards. A pure state machine: every method takes what happened and when, and appends what is to be done to
/// `actions`; `LaneService` carries it out. `now` is in seconds and never goes back.
///
/// A ticket waits until it is granted, refused or cancelled. A lease is *granted* until its holder has started, *held* until
/// something ends it, *ending* while what is left of its tree is made to end; only then are its cards free.
package struct Lane: Sendable {
    enum Phase: Hashable {
        /// Waits for its holder, until then.
        case granted(until: Double)
        case held
        case ending(LeaseEnd, since: Double)
    }

    struct Hold {
        var lease: GPULease
        var phase: Phase
        /// Cards, in parts, for the account of its caller.
        var cost: Double
        /// When it ends at the latest.
        var until: Double
    }

    package var policy: LanePolicy
    /// What is to be done, in order; whoever carries it out empties it.
    package var actions: [LaneAction] = []
    /// The cards in NVML's order.
    package internal(set) var cards: [LaneCard] = []
    var queues: [String: [GPUTicket]] = [:]
    var holds: [String: Hold] = [:]
    var usage: [String: CallerUsage] = [:]
    /// The tickets that had their turn and did not fit, in the order in which they had it: what they wait for is kept for
    /// them. One at most for each set of cards that tickets wait for: any, a certain one, the large ones.
    package internal(set) var heads: [String] = []
    /// Cards that an administrator drained, seen or not.
    package private(set) var drained: Set<String> = []
    /// How long leases lasted lately, in seconds; nil before the first ended.
    package internal(set) var expected: Double?

    /// Whether the cards have not been looked at yet, or not all of them: then nothing is impossible.
    package private(set) var isBlind = true
    /// Since when no look has shown all cards.
    private var incompleteSince: Double?
    /// Seconds after which a card that doesn't answer counts for none in what is impossible.
    private static let silence = 60.0

    /// Why nothing is handed out for now, in words; nil: it is.
    package private(set) var halt: String?

    /// A lane without cards.
    package init(policy: LanePolicy = LanePolicy()) { self.policy = policy }

    // MARK: Tickets

    /// Somebody wants cards.
    package mutating func submit(_ ticket: GPUTicket, now: Double) {
        guard !isKnown(ticket.id) else { return }
        if let sentence = impossibility(of: ticket.request) {
            return actions.append(.refused(ticket, LaneRefusal(.impossible, sentence)))
        }
        guard waitingCount < policy.queue || makeRoom(for: ticket.caller) else {
            let sentence = "\(waitingCount) already wait for GPUs, which is as many as may; try again later."
            return actions.append(.refused(ticket, LaneRefusal(.full, sentence)))
        }
        var ticket = ticket
        // Numbers change when a card goes or comes.
        if let name = ticket.request.card, let card = cards.first(where: { $0.card.isCalled(name) }) {
            ticket.request.card = card.card.uuid
        }
        queues[ticket.caller, default: []].append(ticket)
        pump(now: now)
    }

    /// Refuses the last ticket of whoever has the most in a full queue, so that one caller can't fill it for all; false if
    /// that is `caller`.
    private mutating func makeRoom(for caller: String) -> Bool {
        let most = queues.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        guard let most, most.value.count > (queues[caller]?.count ?? 0) + 1, let last = most.value.last else {
            return false
        }
        let sentence =
            "\(waitingCount) wait for GPUs, which is as many as may, and \(most.key) has the most; try again later."
        guard let ticket = remove(last.id) else { return false }
        actions.append(.refused(ticket, LaneRefusal(.full, sentence)))
        return true
    }

    /// Whoever waited with this ticket doesn't any more.
    package mutating func cancel(_ id: String, reason: String, now: Double) {
        refuse(id, LaneRefusal(.cancelled, reason), now: now)
    }

    /// Nothing will come of the ticket.
    package mutating func refuse(_ id: String, _ refusal: LaneRefusal, now: Double) {
        guard let ticket = remove(id) else { return }
        actions.append(.refused(ticket, refusal))
        pump(now: now)
    }

    /// Puts a ticket back into its place after a restart.
    package mutating func resume(_ ticket: GPUTicket) {
        guard !isKnown(ticket.id) else { return }
        var queue = queues[ticket.caller, default: []]
        let place = queue.firstIndex { ($0.since, $0.id) > (ticket.since, ticket.id) } ?? queue.endIndex
        queue.insert(ticket, at: place)
        queues[ticket.caller] = queue
    }

    // MARK: Leases

    /// Puts a lease back onto its cards after a restart; its holder lives, or may yet start.
    package mutating func resume(_ lease: GPULease, now: Double) {
        guard holds[lease.id] == nil else { return }
        _ = remove(lease.id)
        for uuid in lease.cards where card(uuid) == nil {
            var unseen = LaneCard(GPUCard(uuid: uuid, index: .max, name: "", memory: 0, minor: -1))
            unseen.isUnseen = true
            unseen.isDrained = drained.contains(uuid)
            cards.append(unseen)
        }
        occupy(lease, now: now)
    }

    /// The process that holds the lease runs.
    package mutating func started(_ id: String, holder: GPUProcess, now: Double) {
        guard var hold = holds[id] else { return }
        if case .ending = hold.phase { return }
        hold.lease.holder = holder
        hold.phase = .held
        holds[id] = hold
    }

    /// Something ends the lease: what is left of its tree is to be cleared. That its cards come free soon may open others.
    package mutating func end(_ id: String, _ reason: LeaseEnd, now: Double) {
        beginEnd(id, reason, now: now)
        pump(now: now)
    }

    private mutating func beginEnd(_ id: String, _ reason: LeaseEnd, now: Double) {
        guard var hold = holds[id] else { return }
        if case .ending = hold.phase { return }
        hold.phase = .ending(reason, since: now)
        holds[id] = hold
        actions.append(.clear(hold.lease, reason))
    }

    /// Nothing is left of the lease's tree: its cards are free.
    package mutating func cleared(_ id: String, now: Double) {
        guard let hold = holds[id] else { return }
        var reason = LeaseEnd.exited
        if case .ending(let known, _) = hold.phase { reason = known }
        vacate(hold, now: now)
        learn(now - hold.lease.granted)
        actions.append(.ended(hold.lease, reason))
        pump(now: now)
    }

    /// A grant that nobody was told of doesn't come about and uses nothing up: its ticket is back in its place. Nothing else
    /// is granted here.
    package mutating func takeBack(_ id: String) {
        guard let hold = holds[id], case .granted = hold.phase else { return }
        vacate(hold, now: hold.lease.granted)
        resume(hold.lease.ticket)
    }

    /// Nothing is handed out from now on, for this reason; with nil it is again.
    package mutating func halt(_ reason: String?, now: Double) {
        halt = reason
        pump(now: now)
    }

    // MARK: Cards

    /// What NVML sees of one card.
    package struct Sighting: Hashable, Sendable {
        package var card: GPUCard
        package var isLost: Bool
        /// Processes on it that no lease accounts for; nil: not known this time.
        package var foreign: [Int32]?

        /// A sighting.
        package init(_ card: GPUCard, isLost: Bool = false, foreign: [Int32]? = []) {
            self.card = card
            self.isLost = isLost
            self.foreign = foreign
        }
    }

    /// All that NVML sees now. A card that it no longer lists is lost, unless the look `isComplete` no more: then it may be one
    /// that doesn't answer. Leases on lost cards end. An instance that is gone, or a card that instances took the place
    /// of, is forgotten with its last lease.
    package mutating func see(_ sightings: [Sighting], isComplete: Bool = true, now: Double) {
        incompleteSince = isComplete ? nil : incompleteSince ?? now
        isBlind = incompleteSince.map { now - $0 < Self.silence } ?? false
        for sighting in sightings { see(sighting) }
        let seen = Set(sightings.map(\.card.uuid))
        for index in cards.indices where !seen.contains(cards[index].card.uuid) && !cards[index].isLost {
            cards[index].isLost = isComplete
            cards[index].isUnseen = !isComplete
        }
        let divided = Set(sightings.compactMap(\.card.part?.card))
        cards.removeAll { card in
            card.isLost && card.leases.isEmpty && !seen.contains(card.card.uuid)
                && (card.card.minor < 0 || card.card.part != nil || divided.contains(card.card.uuid))
        }
        cards.sort { $0.card.isBefore($1.card) }
        for card in cards where card.isLost {
            for id in card.leases { beginEnd(id, .lost, now: now) }
        }
        refuseImpossible()
        pump(now: now)
    }

    private mutating func see(_ sighting: Sighting) {
        let uuid = sighting.card.uuid
        let index: Int
        if let known = cards.firstIndex(where: { $0.card.uuid == uuid }) {
            index = known
        } else {
            index = cards.endIndex
            cards.append(LaneCard(sighting.card))
            cards[index].isDrained = drained.contains(uuid)
        }
        if !sighting.isLost || cards[index].isUnseen { cards[index].card = sighting.card }
        cards[index].isLost = sighting.isLost
        cards[index].isUnseen = false
        if let foreign = sighting.foreign { cards[index].foreign = foreign }
    }

    /// An administrator wants nothing new on the card, or allows it again.
    package mutating func drain(_ uuid: String, _ isDrained: Bool, now: Double) {
        if isDrained { drained.insert(uuid) } else { drained.remove(uuid) }
        for index in cards.indices where cards[index].card.uuid == uuid { cards[index].isDrained = isDrained }
        pump(now: now)
    }

    // MARK: Time

    /// Looks at the clock: patience, the longest lease, grants without a holder.
    package mutating func tick(now: Double) {
        for queue in queues.values {
            for ticket in queue where ticket.patience.map({ ticket.since + $0 <= now }) ?? false {
                _ = remove(ticket.id)
                let waited = GPUTime.text(ticket.patience ?? 0)
                actions.append(
                    .refused(
                        ticket,
                        LaneRefusal(
                            .patience,
                            "\(ticket.request.card.map { "\(word(for: $0)) did not come free" } ?? "No GPU came free") within \(waited); wait longer, or see 'steward gpu' for who holds them."
                        ))
                )
            }
        }
        for hold in holds.values {
            switch hold.phase {
            case .granted(let until) where until <= now: beginEnd(hold.lease.id, .unused, now: now)
            case .granted, .held: if hold.until <= now { beginEnd(hold.lease.id, .limit, now: now) }
            case .ending: break
            }
        }
        pump(now: now)
    }
}

extension Lane {
    /// Removes a waiting ticket.
    mutating func remove(_ id: String) -> GPUTicket? {
        for (caller, queue) in queues {
            guard let index = queue.firstIndex(where: { $0.id == id }) else { continue }
            queues[caller]?.remove(at: index)
            if queue.count == 1 { queues[caller] = nil }
            heads.removeAll { $0 == id }
            return queue[index]
        }
        return nil
    }

    /// Puts the lease onto its cards and onto its caller's account.
    mutating func occupy(_ lease: GPULease, now: Double) {
        let request = lease.ticket.request
        for index in cards.indices where lease.cards.contains(cards[index].card.uuid) {
            cards[index].leases.append(lease.id)
            cards[index].isExclusive = !request.shareable
            if request.shareable { cards[index].reserved += request.memory ?? 0 }
        }
        let cost = cost(of: request)
        let limit = [lease.ticket.limit, policy.longestLease].compactMap { $0 }.min() ?? .infinity
        let phase: Phase = lease.holder == nil ? .granted(until: now + policy.startPatience) : .held
        holds[lease.id] = Hold(lease: lease, phase: phase, cost: cost, until: lease.granted + limit)
        let caller = lease.ticket.caller
        usage[caller, default: CallerUsage(at: now)].hold(cost, now: now, halfLife: policy.halfLife)
    }

    /// Takes the lease off its cards and its caller's account.
    private mutating func vacate(_ hold: Hold, now: Double) {
        let (id, request) = (hold.lease.id, hold.lease.ticket.request)
        holds[id] = nil
        for index in cards.indices where hold.lease.cards.contains(cards[index].card.uuid) {
            cards[index].leases.removeAll { $0 == id }
            if request.shareable { cards[index].reserved -= request.memory ?? 0 }
            if cards[index].leases.isEmpty { (cards[index].isExclusive, cards[index].reserved) = (false, 0) }
        }
        usage[hold.lease.ticket.caller]?.hold(-hold.cost, now: now, halfLife: policy.halfLife)
    }

    /// Cards, in parts, that a request costs: shares by the memory that they reserve.
    func cost(of request: GPURequest) -> Double {
        guard request.shareable else { return Double(request.count) }
        let largest = cards.map(\.card.memory).max() ?? 0
        guard largest > 0, let memory = request.memory else { return 1 }
        return min(Double(memory) / Double(largest), 1)
    }

    /// Half of what is known gives way to the newest in about seven leases.
    private mutating func learn(_ duration: Double) {
        let duration = max(duration, 0)
        expected = expected.map { $0 * 0.9 + duration * 0.1 } ?? duration
    }

    private mutating func refuseImpossible() {
        for queue in queues.values {
            for ticket in queue {
                guard let sentence = impossibility(of: ticket.request) else { continue }
                _ = remove(ticket.id)
                actions.append(.refused(ticket, LaneRefusal(.impossible, sentence)))
            }
        }
    }
}
