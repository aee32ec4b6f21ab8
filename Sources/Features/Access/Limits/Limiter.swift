/// Keeps the callers of one zone, or of one script, within its limits. Holds what they have used; the rules may be replaced
/// while it works. Confined to the edge's event loop.
package final class Limiter {
    /// The limits that count now.
    package var rules: LimitRules { didSet { isOn = !rules.isEmpty } }
    /// Whether there are any.
    package private(set) var isOn: Bool
    /// Whether these are the limits that a script sets itself.
    package let isScript: Bool
    private var callers: CallerTable
    private var routes: CallerTable

    /// The most callers that are remembered for each zone.
    package static let capacity = 1 << 16

    /// A limiter by `rules`.
    package init(_ rules: LimitRules, isScript: Bool = false, capacity: Int = Limiter.capacity) {
        self.rules = rules
        isOn = !rules.isEmpty
        self.isScript = isScript
        callers = CallerTable(capacity: capacity)
        routes = CallerTable(capacity: capacity)
    }

    /// Callers that are remembered.
    package var count: Int { callers.count + routes.count }

    /// Counts a request of the caller with `key`, or at `address`. What it takes is noted in `trail`.
    /// - Returns: why it may not pass, or nil.
    package func admit(key: String?, address: IPAddress, now: UInt64, trail: inout LimitTrail) -> LimitRefusal? {
        let rates = key != nil && rules.rate.key != nil
        let counts = key != nil && rules.concurrency.key != nil
        let rate = rates ? rules.rate.key : rules.rate.address
        let most = counts ? rules.concurrency.key : rules.concurrency.address
        if rate == nil && most == nil { return nil }
        let first: LimitedCaller = rates || (rate == nil && counts) ? .key(key ?? "") : LimitedCaller(address)
        guard rate == nil || most == nil || rates == counts else {
            // How often goes by the one, how many at a time by the other.
            let second: LimitedCaller = counts ? .key(key ?? "") : LimitedCaller(address)
            return take(second, in: &callers, rate: nil, most: most, now: now, trail: &trail)
                ?? take(first, in: &callers, rate: rate, most: nil, now: now, trail: &trail)
        }
        return take(first, in: &callers, rate: rate, most: most, now: now, trail: &trail)
    }

    /// Counts a request to `route`, of whomever.
    package func admit(route: String, now: UInt64, trail: inout LimitTrail) -> LimitRefusal? {
        guard rules.rate.route != nil || rules.concurrency.route != nil else { return nil }
        return take(
            .route(route), in: &routes, rate: rules.rate.route, most: rules.concurrency.route, now: now, trail: &trail)
    }

    private func take(
        _ caller: LimitedCaller, in table: inout CallerTable, rate: Rate?, most: Int?, now: UInt64,
        trail: inout LimitTrail
    ) -> LimitRefusal? {
        let slot = table.slot(for: caller, now: now)
        if let most, table[slot].active >= most {
            return refusal(.concurrency(most), of: caller, slot, in: &table, wait: 1_000_000_000, now: now)
        }
        if let rate {
            if let wait = table[slot].meter.take(rate, now: now) {
                trail.note(standing(of: caller, table[slot].meter, rate, now: now))
                return refusal(.rate(rate), of: caller, slot, in: &table, wait: wait, now: now)
            }
            trail.note(standing(of: caller, table[slot].meter, rate, now: now))
        }
        if most != nil {
            table[slot].active += 1
            trail.note(LimitTicket(limiter: self, slot: slot, isRoute: caller.kind == .route))
        }
        return nil
    }

    private func standing(of caller: LimitedCaller, _ meter: Meter, _ rate: Rate, now: UInt64) -> LimitStanding {
        LimitStanding(
            isScript: isScript, kind: caller.kind, rate: rate, remaining: meter.remaining(rate, now: now),
            used: meter.used(rate, now: now))
    }

    private func refusal(
        _ limit: LimitRefusal.Limit, of caller: LimitedCaller, _ slot: Int, in table: inout CallerTable, wait: UInt64,
        now: UInt64
    ) -> LimitRefusal {
        var refusal = LimitRefusal(limit: limit, caller: caller, isScript: isScript, wait: wait)
        refusal.news = table.refuse(slot, reason: refusal.label, now: now)
        refusal.count = table[slot].refusals
        return refusal
    }

    /// The call that holds `ticket` is over.
    func release(slot: Int, isRoute: Bool) {
        if isRoute { routes[slot].active -= 1 } else { callers[slot].active -= 1 }
    }

    /// Those who were refused in the last ten seconds, the most often refused first.
    package func limited(now: UInt64) -> [CallerTable.Entry] {
        (callers.refused(now: now) + routes.refused(now: now)).sorted { $0.refusals > $1.refusals }
    }
}
