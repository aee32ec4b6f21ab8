/// When which deployment has its next turn. Kept in one place, as a task that waits for each would cost memory for each.
struct Agenda: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum Entry {
        case waits(until: Instant)
        /// It has its turn, and another at once where it was woken meanwhile.
        case runs(isWoken: Bool)
    }

    private var entries: [Entry]
    private var running = 0
    private let mostAtOnce: Int

    /// `count` deployments, all due at `now`, of which `mostAtOnce` may have their turns at the same time.
    init(count: Int, mostAtOnce: Int, at now: Instant) {
        entries = Array(repeating: .waits(until: now), count: count)
        self.mostAtOnce = mostAtOnce
    }

    /// One has its turn as soon as there is room, or another after the one that it has.
    mutating func wake(_ index: Int, at now: Instant) {
        switch entries[index] {
        case .waits(let until): entries[index] = .waits(until: min(until, now))
        case .runs: entries[index] = .runs(isWoken: true)
        }
    }

    /// All of them do.
    mutating func wakeAll(at now: Instant) { for index in entries.indices { wake(index, at: now) } }

    /// A turn is over; the next is at `next`.
    mutating func finish(_ index: Int, next: Instant, at now: Instant) {
        guard case .runs(let isWoken) = entries[index] else { return }
        running -= 1
        entries[index] = .waits(until: isWoken ? now : next)
    }

    /// Those whose turns begin now, the longest overdue first.
    mutating func begin(at now: Instant) -> [Int] {
        guard running < mostAtOnce else { return [] }
        let due = entries.indices.compactMap { index -> (Instant, Int)? in
            guard case .waits(let until) = entries[index], until <= now else { return nil }
            return (until, index)
        }.sorted(by: <).prefix(mostAtOnce - running).map(\.1)
        for index in due { entries[index] = .runs(isWoken: false) }
        running += due.count
        return due
    }

    /// When the next turn begins; nil where that waits for the end of another.
    var next: Instant? {
        guard running < mostAtOnce else { return nil }
        return entries.lazy.compactMap { if case .waits(let until) = $0 { until } else { nil } }.min()
    }
}
