/// Slows down whoever guesses keys: so many wrong ones from an address, and for a while none of its keys is looked at. Other
/// addresses notice nothing. Confined to the edge's event loop.
package final class FailureLimit {
    /// How many wrong keys in how long; nil: any number.
    package var rate: Rate?
    private var callers: CallerTable

    /// A limit of `rate`.
    package init(_ rate: Rate?, capacity: Int = Limiter.capacity) {
        self.rate = rate
        callers = CallerTable(capacity: capacity)
    }

    /// Why no key from `address` is looked at now; nil: it is.
    package func refusal(of address: IPAddress, now: UInt64) -> LimitRefusal? {
        guard let rate, callers.count > 0, let slot = callers.find(LimitedCaller(address)),
            let wait = callers[slot].meter.wait(rate, now: now)
        else { return nil }
        let news = callers.refuse(slot, reason: "failures", now: now)
        return LimitRefusal(
            limit: .rate(rate), caller: LimitedCaller(address), wait: wait, news: news, count: callers[slot].refusals)
    }

    /// A key from `address` was wrong.
    package func failed(_ address: IPAddress, now: UInt64) {
        guard let rate else { return }
        let slot = callers.slot(for: LimitedCaller(address), now: now)
        callers[slot].meter.charge(rate, now: now)
    }

    /// Those whose keys were not looked at in the last ten seconds.
    package func limited(now: UInt64) -> [CallerTable.Entry] { callers.refused(now: now) }
}
