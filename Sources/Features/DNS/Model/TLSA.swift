/// A TLSA record's data (RFC 6698, section 2.1): what a port's certificate or key must be.
package struct TLSA: Hashable, Sendable {
    /// 3 for the server's own (DANE-EE), 2 for its authority (DANE-TA); 0 and 1 as section 2.1.1 has them.
    package var usage: UInt8
    /// 0 for the certificate, 1 for its public key.
    package var selector: UInt8
    /// 0 for the whole, 1 for its SHA-256, 2 for its SHA-512.
    package var matching: UInt8
    /// The whole or the digest; of any length, also a wrong one.
    package var bytes: [UInt8]

    /// A record's four fields.
    package init(usage: UInt8 = 3, selector: UInt8, matching: UInt8, bytes: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.bytes = bytes
    }
}

extension TLSA: Comparable, CustomStringConvertible {
    /// As zone files have it: `3 1 1 0ab1...`.
    package var description: String { "\(usage) \(selector) \(matching) \(hex)" }

    /// The bytes in lower-case hex.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// From text as zone files have it; the hex may be in several pieces. nil if it is no TLSA data.
    package init?(_ text: String) {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count >= 3, let usage = UInt8(fields[0]), let selector = UInt8(fields[1]),
            let matching = UInt8(fields[2])
        else { return nil }
        let digits = fields[3...].joined().map(\.hexDigitValue)
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        self.init(
            usage: usage, selector: selector, matching: matching,
            bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) })
    }

    package static func < (one: Self, other: Self) -> Bool { one.wire.lexicographicallyPrecedes(other.wire) }

    /// The data as sent.
    package var wire: [UInt8] { [usage, selector, matching] + bytes }
}

extension TLSA: Codable {
    /// From its text.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let record = TLSA(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no TLSA data")
        }
        self = record
    }

    /// As text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
