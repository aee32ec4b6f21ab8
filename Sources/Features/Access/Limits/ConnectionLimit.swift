/// How many connections an address may have. Callers of this machine and trusted proxies, behind which many callers stand, may
/// have any number. Confined to the edge's event loop.
package final class ConnectionLimit {
    /// The most for each address, IPv6 for each /64.
    package var most: Int
    /// Addresses without a limit.
    package var exempt: AddressList
    /// Told of a refusal when the log should say so, with how many there were since it last did.
    package var onRefusal: (IPAddress, Int) -> Void = { _, _ in }
    /// Connections refused so far.
    package private(set) var refusals = 0
    private var open: [LimitedCaller: Int] = [:]
    private var notes = CallerTable(capacity: 1024)

    /// At most `most` connections of each address outside `exempt`.
    package init(most: Int, exempt: AddressList) {
        self.most = most
        self.exempt = exempt
    }

    /// Counts a connection from `address`.
    /// - Returns: whether it may stay; if so, `close` must follow.
    package func open(_ address: IPAddress, now: UInt64) -> Bool {
        let caller = LimitedCaller(address)
        let count = open[caller] ?? 0
        if count >= most, !address.isLoopback, !exempt.contains(address) {
            refusals += 1
            let slot = notes.slot(for: caller, now: now)
            if let news = notes.refuse(slot, reason: "connections", now: now) { onRefusal(address, news) }
            return false
        }
        open[caller] = count + 1
        return true
    }

    /// Those who were refused in the last ten seconds.
    package func limited(now: UInt64) -> [CallerTable.Entry] { notes.refused(now: now) }

    /// A connection from `address` that was let in is closed.
    package func close(_ address: IPAddress) {
        let caller = LimitedCaller(address)
        let count = open[caller] ?? 0
        open[caller] = count > 1 ? count - 1 : nil
    }
}
