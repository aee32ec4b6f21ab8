/// Who waits for cards.
package struct GPUTicket: Hashable, Sendable, Codable, Identifiable {
    /// Unguessable: whoever knows it may speak for it.
    package var id: String
    package var request: GPURequest
    /// Whose turn it uses up: the caller's name (a key's name, `local:<user>`).
    package var caller: String
    /// What it is for, as `steward gpu` shows it: a route, a command line.
    package var purpose: String
    /// Seconds since 1970 when it joined the queue.
    package var since: Double
    /// Seconds that it waits at most; nil: as long as the caller stays.
    package var patience: Double?
    /// Seconds that its lease lasts at most; nil: as long as the lane allows. Short ones may go ahead where that delays nobody.
    package var limit: Double?
    /// The process that waits, if it is one of this machine: without it nobody waits any more.
    package var waiter: GPUProcess?
    /// Whether orphans of the lease's tree become children of the waiting process, which has no other children.
    package var adopts: Bool?
    /// The trace id of the request that brought it.
    package var trace: String?

    /// A ticket.
    package init(
        id: String, request: GPURequest, caller: String, purpose: String, since: Double, patience: Double? = nil,
        limit: Double? = nil, waiter: GPUProcess? = nil, adopts: Bool? = nil, trace: String? = nil
    ) {
        self.id = id
        self.request = request
        self.caller = caller
        self.purpose = purpose
        self.since = since
        self.patience = patience
        self.limit = limit
        self.waiter = waiter
        self.adopts = adopts
        self.trace = trace
    }

    /// The beginning of `text`, of 300 bytes at most: a character may take any number of them.
    package static func purpose(_ text: String) -> String {
        guard text.utf8.count > 300 else { return text }
        var bytes = text.utf8.prefix(300)
        while !bytes.isEmpty, String(bytes) == nil { bytes.removeLast() }
        return String(bytes) ?? ""
    }

    /// A new id: 128 random bits.
    package static func makeID() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Whether `text` can be an id: it names files and stands in environments.
    package static func isGoodID(_ text: String) -> Bool {
        (16...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
    }
}
