/// Where a name server is asked.
package struct NameServer: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The address, IPv4 or IPv6, in digits.
    package var address: String
    /// The port.
    package var port: Int

    /// The server at `address`.
    package init(_ address: String, port: Int = 53) {
        self.address = address
        self.port = port
    }

    /// From `192.0.2.1`, `192.0.2.1:5300`, `2001:db8::1`, `[2001:db8::1]:5300`; nil if it is none of these.
    package init?(text: String) {
        let (host, port) = Self.parts(text)
        guard let address = AddressText.canonical(String(host)), let port = port.map(Self.port) ?? 53
        else { return nil }
        // Brackets are IPv6's, and without them only an IPv4 address can have a port.
        guard address.contains(":") || !text.hasPrefix("[") else { return nil }
        self.init(address, port: port)
    }

    /// What stands before the port, without brackets, and the port, if there is one.
    private static func parts(_ text: String) -> (Substring, Substring?) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let (inside, rest) = (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
            if rest.isEmpty { return (inside, nil) }
            // What stands there instead of a port is none.
            return (inside, rest.hasPrefix(":") ? rest.dropFirst() : "")
        }
        let colons = text.indices.filter { text[$0] == ":" }
        guard colons.count == 1 else { return (text[...], nil) }
        return (text[..<colons[0]], text[text.index(after: colons[0])...])
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
    }

    /// What an address may look like, for messages.
    package static let forms = "192.0.2.1, 192.0.2.1:5353, 2001:db8::1 or [2001:db8::1]:5353"

    /// `192.0.2.1:53`, `[2001:db8::1]:53`.
    package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
