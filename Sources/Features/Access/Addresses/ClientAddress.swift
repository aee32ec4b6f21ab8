/// Who is calling, as far as addresses tell.
///
/// The peer's address counts unless the peer is a trusted proxy. Then the header that the proxy wrote is
/// walked from its right end, where the nearest proxy writes, to the first address that no trusted proxy
/// owns. An entry that is no address stops the walk: the last trusted address before it counts, because
/// nothing left of it can be believed.
///
/// `X-Forwarded-For` and `Forwarded` (RFC 7239) may both be there, when a proxy writes one and passes the
/// other on as the client sent it. Nobody can tell which is which, so both are walked: if they disagree,
/// the walk never leaves the peer, whose address counts.
package enum ClientAddress {
    /// The address that counts. `forwarded` and `xForwardedFor` are the values of all the header's lines in order.
    package static func resolve(
        peer: IPAddress, forwarded: [String], xForwardedFor: [String], trusted: AddressList
    ) -> IPAddress {
        guard !trusted.isEmpty, trusted.contains(peer), !(forwarded.isEmpty && xForwardedFor.isEmpty) else {
            return peer
        }
        if forwarded.isEmpty { return walk(from: peer, xForwardedFor: xForwardedFor, trusted: trusted) }
        let standard = walk(from: peer, entries: ForwardedHeader.forEntries(forwarded), trusted: trusted)
        guard !xForwardedFor.isEmpty else { return standard }
        let customary = walk(from: peer, xForwardedFor: xForwardedFor, trusted: trusted)
        return standard == customary ? standard : peer
    }

    /// `entries` from left to right; nil is an entry that is no address.
    private static func walk(from peer: IPAddress, entries: [IPAddress?], trusted: AddressList) -> IPAddress {
        var current = peer
        for entry in entries.reversed() {
            guard let entry else { return current }
            current = entry
            guard trusted.contains(entry) else { return current }
        }
        return current
    }

    /// The same, reading no more of the lines than the walk needs.
    private static func walk(from peer: IPAddress, xForwardedFor lines: [String], trusted: AddressList) -> IPAddress {
        var current = peer
        for line in lines.reversed() {
            var rest = line.utf8[...]
            while true {
                let comma = rest.lastIndex(of: UInt8(ascii: ","))
                let start = comma.map { rest.index(after: $0) } ?? rest.startIndex
                guard let entry = node(Substring(rest[start...]).trimmingBlanks()) else { return current }
                current = entry
                guard trusted.contains(entry) else { return current }
                guard let comma else { break }
                rest = rest[..<comma]
            }
        }
        return current
    }

    /// An address with an optional port: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`.
    static func node(_ text: Substring) -> IPAddress? {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let inside = text[text.index(after: text.startIndex)..<close]
            guard inside.contains(":"), isPort(text[text.index(after: close)...]) else { return nil }
            return IPAddress(inside)
        }
        if let address = IPAddress(text) { return address }
        guard let colon = text.firstIndex(of: ":"), text[..<colon].contains("."), isPort(text[colon...]) else {
            return nil
        }
        return IPAddress(text[..<colon])
    }

    /// Nothing, or `:` with a port number.
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        let digits = text.dropFirst().utf8
        return text.hasPrefix(":") && (1...5).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension Substring {
    /// Without spaces and tabs at both ends (RFC 9110's OWS).
    func trimmingBlanks() -> Substring {
        var text = self
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = Substring(text.utf8.dropFirst()) }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = Substring(text.utf8.dropLast()) }
        return text
    }
}
