/// Whom a limit counts.
package enum LimitedCaller: Hashable, Sendable, CustomStringConvertible {
    /// The holder of a key, by the key's name.
    case key(String)
    /// An IPv4 address.
    case address(UInt32)
    /// The first half of an IPv6 address: whoever has one address has the whole /64.
    case network(UInt64)
    /// All callers of a route together.
    case route(String)
    /// Those for whom there was no room.
    case others

    /// The caller at `address`.
    package init(_ address: IPAddress) {
        self = address.v4.map { .address($0) } ?? .network(UInt64(truncatingIfNeeded: address.bits >> 64))
    }

    /// The key's name, the address, the network, the route.
    package var description: String {
        switch self {
        case .key(let name): name
        case .address(let bits): IPAddress(v4: bits).description
        case .network(let bits): "\(IPAddress(bits: UInt128(bits) << 64))/64"
        case .route(let route): route
        case .others: "others"
        }
    }

    /// `key`, `address` or `route`.
    package var kind: LimitKind {
        switch self {
        case .key: .key
        case .address, .network, .others: .address
        case .route: .route
        }
    }
}

/// What a limit goes by.
package enum LimitKind: String, Hashable, Sendable, CaseIterable {
    case key
    case address
    case route
}
