import Synchronization

/// Whether the Internet's root name servers can be asked from here; remembered for a minute.
final class RootReach: Sendable {
    /// a, b and k.root-servers.net, for machines with either protocol.
    private static let servers = [
        "198.41.0.4", "170.247.170.2", "193.0.14.129", "2001:503:ba3e::2:30", "2801:1b8:10::b", "2001:7fd::1",
    ].map { NameServer($0) }

    private let known = Mutex<(at: ContinuousClock.Instant, isThere: Bool)?>(nil)
    private let client = DNSClient(limits: .init(tryTime: .seconds(1), tries: 2))

    func isThere() async -> Bool {
        let now = ContinuousClock.now
        if let known = known.withLock(\.self), now - known.at < .seconds(60) { return known.isThere }
        let client = client
        let isThere = await withTaskGroup(of: Bool.self) { group in
            for server in Self.servers {
                group.addTask { (try? await client.query(.root, .ns, from: server)) != nil }
            }
            for await answered in group where answered {
                group.cancelAll()
                return true
            }
            return false
        }
        known.withLock { $0 = (now, isThere) }
        return isThere
    }
}
