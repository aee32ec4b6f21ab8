package import StewardSettings

extension ValueKind where Value == NetworkRule {
    /// `none`, `outbound`, a destination, or a list of destinations.
    package static var networkRule: ValueKind {
        let destinations = ValueKind<[NetworkRule.Destination]>.list(.destination)
        return ValueKind(
            name: "none, outbound, or a list of HOST:PORT, unix:/PATH and outbound",
            read: { node, reader in
                switch node.content {
                case .scalar("none", plain: _): return NetworkRule.none
                case .scalar("outbound", plain: _): return .outbound
                case .scalar:
                    return ValueKind<NetworkRule.Destination>.destination.read(node, &reader).map { .only([$0]) }
                default: return destinations.read(node, &reader).map(NetworkRule.init(destinations:))
                }
            },
            format: { $0.text })
    }
}

extension NetworkRule {
    /// A list that says no more than a word is that word.
    init(destinations: [Destination]) {
        self = destinations.isEmpty ? .none : destinations == [.anywhere] ? .outbound : .only(destinations)
    }

    /// As the settings file writes it.
    package var text: String {
        switch self {
        case .none: "none"
        case .outbound: "outbound"
        case .only(let destinations): destinations.map(\.text).joined(separator: ", ")
        }
    }
}

extension NetworkRule.Destination {
    /// As the settings file writes it.
    package var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .anywhere: "outbound"
        }
    }

    /// Reads `HOST:PORT`, `[2001:db8::1]:443`, `unix:/PATH` or `outbound`.
    package init(parsing text: String) throws(ValueRefusal) {
        if text == "outbound" {
            self = .anywhere
        } else if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count <= 107 else {
                throw ValueRefusal("\"\(text)\" names no Unix socket; write unix:/PATH with at most 107 bytes of path")
            }
            self = .unix(path: path)
        } else {
            self = try Self.tcp(parsing: text)
        }
    }

    private static func tcp(parsing text: String) throws(ValueRefusal) -> Self {
        let advice = "write HOST:PORT ([ADDRESS]:PORT for IPv6), unix:/PATH or outbound"
        guard let colon = text.lastIndex(of: ":") else {
            throw ValueRefusal("\"\(text)\" is no destination; \(advice)")
        }
        var host = text[..<colon]
        guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            throw ValueRefusal("\"\(text)\" has no port from 1 to 65535; \(advice)")
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw ValueRefusal("\"\(text)\": an IPv6 address stands in brackets; \(advice)")
        }
        let isGood = host.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & ~0x20)
                || [0x2d, 0x2e, 0x3a, 0x5f].contains(byte)
        }
        guard !host.isEmpty, host.utf8.count <= 253, isGood else {
            throw ValueRefusal("\"\(text)\" has no host name or address; \(advice)")
        }
        return .tcp(host: String(host), port: Int(port))
    }
}

extension ValueKind where Value == NetworkRule.Destination {
    static var destination: ValueKind {
        .scalar("HOST:PORT, unix:/PATH or outbound", format: { $0.text }) { text throws(ValueRefusal) in
            try NetworkRule.Destination(parsing: text)
        }
    }
}
