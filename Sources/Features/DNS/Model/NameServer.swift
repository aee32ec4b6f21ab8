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
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || (rest.hasPrefix(":") && Self.port(rest.dropFirst()) != nil) else { return nil }
            self.init(String(text[text.index(after: text.startIndex)..<end]), port: Self.port(rest.dropFirst()) ?? 53)
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            guard let port = Self.port(text[text.index(after: colon)...]) else { return nil }
            self.init(String(text[..<colon]), port: port)
        } else {
            self.init(text)
        }
        guard !address.isEmpty, address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" })
        else { return nil }
    }

    private static func port(_ text: Substring) -> Int? {
        Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
    }

    /// `192.0.2.1:53`, `[2001:db8::1]:53`.
    package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
