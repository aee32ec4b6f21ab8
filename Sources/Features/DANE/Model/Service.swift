package import StewardDNS
package import StewardProbe

/// A port of a host whose certificate senders check against TLSA records.
package struct Service: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The host's name, as the TLSA record's owner has it.
    package var host: DomainName
    /// The port.
    package var port: Int
    /// `tcp`, `udp`, `sctp`.
    package var transport: String
    /// How it is brought to speak TLS.
    package var dialect: Dialect

    /// A service.
    package init(host: DomainName, port: Int, transport: String = "tcp", dialect: Dialect) {
        self.host = host
        self.port = port
        self.transport = transport
        self.dialect = dialect
    }

    /// From `mail.example.com:25 smtp` or, on a usual port, `mail.example.com:25`; nil if it is neither. An address is no host:
    /// TLSA records are names'.
    package init?(text: String) {
        let words = text.split(separator: " ")
        guard let place = words.first, words.count <= 2, let colon = place.lastIndex(of: ":"),
            let host = DomainName(String(place[..<colon])), host != .root, !Self.isAddress(place[..<colon]),
            let port = Int(place[place.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        let dialect = words.count == 2 ? Self.dialect(String(words[1])) : Dialect(usualOnPort: port)
        guard let dialect else { return nil }
        self.init(host: host, port: port, dialect: dialect)
    }

    private static func isAddress(_ host: Substring) -> Bool {
        host.contains(":") || host.hasPrefix("[") || AddressText.canonical(String(host)) != nil
    }

    /// A dialect by its name; names of protocols that begin with TLS mean just that.
    private static func dialect(_ name: String) -> Dialect? {
        ["imaps", "smtps", "submissions", "pop3s", "https", "ldaps"].contains(name) ? .tls : Dialect(rawValue: name)
    }

    /// The TLSA records' owner (RFC 6698, section 3): `_25._tcp.mail.example.`; nil if the name becomes too long.
    package var owner: DomainName? { host.prefixed("_\(port)._\(transport)") }

    /// `mail.example:25 smtp`.
    package var description: String { "\(host.host):\(port) \(dialect.rawValue)" }
}

/// Which of TLSA's forms a record has: `3 1 1`.
package struct RecordForm: Hashable, Sendable, Codable, CustomStringConvertible {
    package var usage: UInt8
    package var selector: UInt8
    package var matching: UInt8

    /// What RFC 7671, section 5.1 recommends: the server's own key, SHA-256.
    package static let recommended = RecordForm(usage: 3, selector: 1, matching: 1)

    /// A form; `3 1 1` unless given.
    package init(usage: UInt8 = 3, selector: UInt8 = 1, matching: UInt8 = 1) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
    }

    /// From `3 1 1` or `311`; nil for what can't be made from a certificate chain (usage above 3, selector above 1,
    /// matching above 2).
    package init?(text: String) {
        let digits = text.filter { !$0.isWhitespace }.compactMap(\.wholeNumberValue)
        guard digits.count == 3, text.allSatisfy({ $0.isWhitespace || $0.isASCII && $0.isNumber }), digits[0] <= 3,
            digits[1] <= 1, digits[2] <= 2
        else { return nil }
        self.init(usage: UInt8(digits[0]), selector: UInt8(digits[1]), matching: UInt8(digits[2]))
    }

    /// `3 1 1`.
    package var description: String { "\(usage) \(selector) \(matching)" }
}
