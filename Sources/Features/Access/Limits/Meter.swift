/// How much of a rate somebody has used: the generic cell rate algorithm (ITU-T I.371), which is a token bucket kept as one
/// number. All times are nanoseconds of the monotonic clock.
package struct Meter: Hashable, Sendable {
    /// When nothing of what was used counts any more: the bucket is full again.
    package private(set) var fullAt: UInt64 = 0

    /// Nothing used.
    package init() {}

    /// Whether nothing is used at `now`, so that forgetting the meter forgets nothing.
    package func isFull(at now: UInt64) -> Bool { fullAt <= now }

    /// Takes one request out if there is one.
    /// - Returns: nil, or how long until there is one.
    package mutating func take(_ rate: Rate, now: UInt64) -> UInt64? {
        if let wait = wait(rate, now: now) { return wait }
        charge(rate, now: now)
        return nil
    }

    /// How long until a request may come; nil: one may now.
    package func wait(_ rate: Rate, now: UInt64) -> UInt64? {
        let used = used(rate, now: now)
        guard used > rate.window - rate.interval else { return nil }
        return used - (rate.window - rate.interval)
    }

    /// Counts a request, whether there is one or not.
    package mutating func charge(_ rate: Rate, now: UInt64) {
        let used = used(rate, now: now)
        let more = min(used + rate.interval, rate.window)
        fullAt = now > .max - more ? .max : now + more
    }

    /// How many requests are left at `now`.
    package func remaining(_ rate: Rate, now: UInt64) -> Int {
        Int((rate.window - used(rate, now: now)) / rate.interval)
    }

    /// What is used, as the time in which it is earned again. A rate that became smaller, or a clock that went back, can
    /// leave more than the bucket holds: an empty bucket is the worst that can be.
    package func used(_ rate: Rate, now: UInt64) -> UInt64 {
        fullAt > now ? min(fullAt - now, rate.window) : 0
    }
}
