/// A domain name (RFC 1035, section 3.1): labels of 1 to 63 bytes, at most 255 bytes as sent. Always absolute. Equal
/// where the letters differ in case only (RFC 4343); how it was written is kept.
package struct DomainName: Hashable, Sendable, CustomStringConvertible {
    /// The labels from the left, without the root's empty one.
    package let labels: [[UInt8]]

    /// The root.
    package static let root = DomainName(unchecked: [])

    /// Of these labels; nil if one is empty or longer than 63 bytes, or all together are too long.
    package init?(labels: [[UInt8]]) {
        guard labels.allSatisfy({ (1...63).contains($0.count) }),
            labels.reduce(1, { $0 + $1.count + 1 }) <= 255
        else { return nil }
        self.labels = labels
    }

    private init(unchecked labels: [[UInt8]]) { self.labels = labels }

    /// From text as zone files have it (RFC 1035, section 5.1: `\.`, `\DDD`), with or without the last period; nil if it
    /// is no name.
    package init?(_ text: String) {
        if text == "." {
            self = .root
            return
        }
        var (labels, label): ([[UInt8]], [UInt8]) = ([], [])
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "."):
                labels.append(label)
                label = []
            case UInt8(ascii: "\\"):
                guard let escaped = Self.escaped(&bytes) else { return nil }
                label.append(escaped)
            default: label.append(byte)
            }
        }
        if !label.isEmpty { labels.append(label) }
        self.init(labels: labels)
        if labels.isEmpty { return nil }
    }

    private static func escaped(_ bytes: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = bytes.popFirst() else { return nil }
        guard (48...57).contains(first) else { return first }
        guard let second = bytes.popFirst(), let third = bytes.popFirst(), (48...57).contains(second),
            (48...57).contains(third)
        else { return nil }
        return UInt8(exactly: Int(first - 48) * 100 + Int(second - 48) * 10 + Int(third - 48))
    }

    /// The name without its first label; nil for the root.
    package var parent: DomainName? { labels.isEmpty ? nil : DomainName(unchecked: Array(labels.dropFirst())) }

    /// Whether it is `other` or below it.
    package func isWithin(_ other: DomainName) -> Bool {
        labels.count >= other.labels.count
            && zip(labels.suffix(other.labels.count), other.labels).allSatisfy { Self.folded($0) == Self.folded($1) }
    }

    /// The name with `prefix`'s labels before it, such as `_25._tcp`; nil if it becomes too long.
    package func prefixed(_ prefix: String) -> DomainName? {
        guard let before = DomainName(prefix) else { return nil }
        return DomainName(labels: before.labels + labels)
    }

    /// In lower case.
    package var lowercased: DomainName { DomainName(unchecked: labels.map(Self.folded)) }

    /// As zone files have it, with the last period: `mail.example.`.
    package var description: String { labels.isEmpty ? "." : labels.map(Self.text).joined(separator: ".") + "." }

    /// Without the last period, as people write host names: `mail.example`.
    package var host: String { labels.isEmpty ? "." : String(description.dropLast()) }

    private static func text(_ label: [UInt8]) -> String {
        label.map { byte in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "("),
                UInt8(ascii: ")"), UInt8(ascii: "@"), UInt8(ascii: "$"):
                "\\" + String(UnicodeScalar(byte))
            case 0x21...0x7e: String(UnicodeScalar(byte))
            default: "\\" + String("00\(byte)".suffix(3))
            }
        }.joined()
    }

    private static func folded(_ label: [UInt8]) -> [UInt8] { label.map { (65...90).contains($0) ? $0 + 32 : $0 } }

    package static func == (one: Self, other: Self) -> Bool {
        one.labels.count == other.labels.count
            && zip(one.labels, other.labels).allSatisfy { $0 == $1 || folded($0) == folded($1) }
    }

    package func hash(into hasher: inout Hasher) {
        for label in labels { hasher.combine(Self.folded(label)) }
    }
}

extension DomainName: Codable {
    /// From its text.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = DomainName(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no domain name")
        }
        self = name
    }

    /// As text with the last period.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
