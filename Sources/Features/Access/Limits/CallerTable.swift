/// What is remembered of callers: at most `capacity` of them. Those who have used nothing for a while are forgotten first,
/// which changes nothing for them; when all are busy, the one that is nearest to having used nothing.
package struct CallerTable: Sendable {
    /// One caller.
    package struct Entry: Sendable {
        /// Who it is.
        package var caller: LimitedCaller
        /// What it has used of its rate.
        package var meter = Meter()
        /// Calls that are running or wait.
        package var active = 0
        /// Requests refused in all, and up to the last line in the log.
        package var refusals = 0
        /// The limit that refused it last, as the metrics call it.
        package var reason = ""
        var noted = 0
        /// When one was refused last, and when the log said so last.
        package var refusedAt: UInt64 = 0
        var notedAt: UInt64 = 0

        func isIdle(at now: UInt64) -> Bool {
            active == 0 && meter.isFull(at: now) && (refusals == 0 || now - min(now, refusedAt) >= CallerTable.memory)
        }
    }

    /// How long a refusal is remembered and no second line is written about the same caller, nanoseconds.
    package static let memory: UInt64 = 10_000_000_000

    /// The most callers.
    package let capacity: Int
    private var slots: [LimitedCaller: Int] = [:]
    private var entries: ContiguousArray<Entry>
    private var free: [Int] = []
    private var hand = 1

    /// An empty table. The first entry stands for all that find no room.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
        entries = [Entry(caller: .others)]
    }

    /// Callers that are remembered.
    package var count: Int { slots.count }

    /// Those who were refused lately.
    package func refused(now: UInt64) -> [Entry] {
        entries.filter { $0.refusals > 0 && now - min(now, $0.refusedAt) < Self.memory }
    }

    /// The entry of a slot.
    package subscript(slot: Int) -> Entry {
        get { entries[slot] }
        _modify { yield &entries[slot] }
    }

    /// The caller's slot if it is remembered.
    package func find(_ caller: LimitedCaller) -> Int? {
        slots.isEmpty ? nil : slots[caller]
    }

    /// The caller's slot. It stays the same while `active` is above 0.
    package mutating func slot(for caller: LimitedCaller, now: UInt64) -> Int {
        if let known = slots[caller] { return known }
        sweep(2, now: now)
        guard let slot = vacancy(now: now) else { return 0 }
        entries[slot] = Entry(caller: caller)
        slots[caller] = slot
        return slot
    }

    private mutating func vacancy(now: UInt64) -> Int? {
        if let slot = free.popLast() { return slot }
        guard slots.count >= capacity else {
            entries.append(Entry(caller: .others))
            return entries.count - 1
        }
        return evict(now: now)
    }

    /// Makes room: of the next eight the first idle one, else the one that has used the least.
    private mutating func evict(now: UInt64) -> Int? {
        var best: Int?
        for _ in 0..<min(8, entries.count - 1) {
            let slot = advance()
            guard entries[slot].active == 0 else { continue }
            if best.map({ entries[slot].meter.fullAt < entries[$0].meter.fullAt }) ?? true { best = slot }
            if entries[slot].isIdle(at: now) { break }
        }
        if let best { slots[entries[best].caller] = nil }
        return best
    }

    /// Forgets idle callers among the next few: with each new one twice as many are looked at, so that the table holds
    /// hardly more than those who are busy.
    private mutating func sweep(_ steps: Int, now: UInt64) {
        for _ in 0..<min(steps, entries.count - 1) {
            let slot = advance()
            let entry = entries[slot]
            guard entry.caller != .others, entry.isIdle(at: now) else { continue }
            slots[entry.caller] = nil
            entries[slot] = Entry(caller: .others)
            free.append(slot)
        }
    }

    private mutating func advance() -> Int {
        if hand >= entries.count { hand = 1 }
        defer { hand += 1 }
        return hand
    }

    /// Counts a refusal for `reason`. After ten seconds without one the count begins anew.
    /// - Returns: how many there were since the log last said so, if it is time to say so again.
    package mutating func refuse(_ slot: Int, reason: String, now: UInt64) -> Int? {
        if now - min(now, entries[slot].refusedAt) >= Self.memory {
            (entries[slot].refusals, entries[slot].noted) = (0, 0)
        }
        entries[slot].reason = reason
        entries[slot].refusals += 1
        entries[slot].refusedAt = now
        let entry = entries[slot]
        guard entry.noted == 0 || now - min(now, entry.notedAt) >= Self.memory else { return nil }
        entries[slot].noted = entry.refusals
        entries[slot].notedAt = now
        return entry.refusals - entry.noted
    }
}
