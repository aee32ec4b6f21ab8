internal import StewardProbe

/// Finds out where the names of certificates lead.
struct NameReader: Sendable {
    private let lookup: AddressLookup
    private let own: Set<String>

    /// `own` are addresses of this machine; loopback's are always.
    init(timeout: Duration = .seconds(5), own: [String] = OwnAddresses.current, atOnce: Int = 32) {
        lookup = AddressLookup(timeout: timeout, atOnce: atOnce)
        self.own = Set(own)
    }

    /// Where each of `names` leads, in their order.
    func read(_ names: [String]) async -> [NameFacts] {
        await withTaskGroup(of: (Int, NameFacts).self) { group in
            for (index, name) in names.enumerated() {
                group.addTask { (index, NameFacts(name: name, resolution: await resolution(of: name))) }
            }
            var facts: [(Int, NameFacts)] = []
            for await fact in group { facts.append(fact) }
            return facts.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func resolution(of name: String) async -> NameFacts.Resolution {
        guard !name.hasPrefix("*.") else { return .unknown("a wildcard leads nowhere by itself") }
        switch await lookup.addresses(of: name) {
        case .nothing: return .nowhere
        case .unknown(let reason): return .unknown(reason)
        case .addresses(let addresses):
            return addresses.contains(where: isOwn) ? .here(addresses: addresses) : .elsewhere(addresses: addresses)
        }
    }

    private func isOwn(_ address: String) -> Bool {
        own.contains(address) || address.hasPrefix("127.") || address == "::1"
    }
}
