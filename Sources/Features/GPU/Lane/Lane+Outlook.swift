/// How a ticket stands.
package struct LanePlace: Hashable, Sendable {
    package var ticket: GPUTicket
    /// 1 is the next.
    package var position: Int
    /// Seconds until its turn as far as leases of late tell; nil where nothing tells.
    package var wait: Double?
    /// Why it waits, in words.
    package var reason: String
}

/// A lease and how it stands.
package struct LaneLease: Hashable, Sendable {
    package var lease: GPULease
    /// `granted`, `held`, `ending`.
    package var phase: String
    /// When it ends at the latest, in seconds since 1970; nil: as long as its tree lives.
    package var until: Double?
}

extension Lane {
    /// Whether the id is of a ticket that waits or of a lease.
    package func isKnown(_ id: String) -> Bool { holds[id] != nil || waiting(id) != nil }

    /// How many wait.
    package var waitingCount: Int { queues.values.reduce(0) { $0 + $1.count } }

    /// All that wait, in no order.
    package var tickets: [GPUTicket] { queues.values.flatMap { $0 } }

    /// The leases in the order of their grants.
    package var leases: [LaneLease] {
        holds.values.map { hold in
            let phase =
                switch hold.phase {
                case .granted: "granted"
                case .held: "held"
                case .ending: "ending"
                }
            return LaneLease(lease: hold.lease, phase: phase, until: hold.until == .infinity ? nil : hold.until)
        }.sorted { ($0.lease.granted, $0.lease.id) < ($1.lease.granted, $1.lease.id) }
    }

    /// The waiting ticket with this id.
    package func waiting(_ id: String) -> GPUTicket? {
        for queue in queues.values {
            if let found = queue.first(where: { $0.id == id }) { return found }
        }
        return nil
    }

    /// The lease with this id; nil if there is none, and whether it is ending.
    package func lease(_ id: String) -> (lease: GPULease, isEnding: Bool)? {
        holds[id].map { hold in
            if case .ending = hold.phase { return (hold.lease, true) }
            return (hold.lease, false)
        }
    }

    /// The card with this uuid.
    package func card(_ uuid: String) -> LaneCard? { cards.first { $0.card.uuid == uuid } }

    /// GPU-seconds of late by caller, weighted by age.
    package func usage(now: Double) -> [String: Double] {
        usage.mapValues { $0.seconds(at: now, halfLife: policy.halfLife) }
    }

    /// What callers have used, to be written down.
    package var accounts: [String: CallerUsage] { usage }

    /// Takes up what callers had used before a restart; what they hold comes with their leases.
    package mutating func resume(accounts: [String: CallerUsage], expected: Double?, now: Double) {
        self.expected = expected
        usage = accounts.mapValues { account in
            var account = account
            account.hold(-account.held, now: now, halfLife: policy.halfLife)
            return account
        }
    }

    /// Why the lease is being ended; nil if it isn't.
    package func ending(_ id: String) -> LeaseEnd? {
        guard case .ending(let reason, _)? = holds[id]?.phase else { return nil }
        return reason
    }

    /// The waiting tickets in the order of their turns.
    package func order(now: Double) -> [GPUTicket] {
        let expected = max(expected ?? 60, 1)
        let lines = queues.map { caller, tickets in
            let share = policy.share(of: caller)
            let account = usage[caller]
            let used = account?.seconds(at: now, halfLife: policy.halfLife) ?? 0
            return FairOrder.Line(
                caller: caller, tickets: tickets, weight: (used + (account?.held ?? 0) * expected) / share, share: share
            )
        }
        let order = Array(FairOrder(lines, expected: expected) { cost(of: $0) })
        guard !heads.isEmpty else { return order }
        let first = heads.compactMap { id in order.first { $0.id == id } }
        return first + order.filter { !heads.contains($0.id) }
    }

    /// Everybody who waits, in order, with the wait that can be expected.
    package func outlook(now: Double) -> [LanePlace] {
        var free = cards.indices.map { expectedFree($0, now: now) }
        return order(now: now).enumerated().map { position, ticket in
            let candidates = candidates(for: ticket.request).sorted { free[$0] < free[$1] }
            let count = ticket.request.count
            guard candidates.count >= count else {
                return LanePlace(
                    ticket: ticket, position: position + 1, wait: nil, reason: closureReason(ticket.request))
            }
            let start = free[candidates[count - 1]]
            for index in candidates.prefix(count) {
                free[index] = start + (ticket.limit.map { min($0, expected ?? $0) } ?? expected ?? 0)
            }
            let isUnsure = expected == nil || halt != nil
            return LanePlace(
                ticket: ticket, position: position + 1, wait: isUnsure ? nil : max(start - now, 0),
                reason: reason(ticket))
        }
    }

    private func reason(_ ticket: GPUTicket) -> String {
        if let halt { return halt }
        let certain = ticket.request.card.map { word(for: $0) }
        guard heads.contains(ticket.id) else {
            return certain.map { "waits for \($0); others are before it" } ?? "others are before it"
        }
        return certain.map { "first in turn for \($0), which is kept for it once it is free" }
            ?? "first in turn; what comes free is kept for it"
    }

    private func expectedFree(_ index: Int, now: Double) -> Double {
        cards[index].leases.map { id in
            guard let hold = holds[id] else { return now }
            return max(now, min(hold.lease.granted + (expected ?? 0), hold.until))
        }.max() ?? now
    }

    private func closureReason(_ request: GPURequest) -> String {
        let closed = cards.filter { $0.card.memory >= request.memory ?? 0 && request.accepts($0.card) }.compactMap {
            card in
            card.closure.map { "GPU \(card.card.number) \($0)" }
        }
        return closed.isEmpty ? "no GPU was seen yet" : closed.joined(separator: "; ")
    }
}
