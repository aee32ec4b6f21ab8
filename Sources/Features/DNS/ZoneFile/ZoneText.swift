/// Reads and writes the words of zone files.
enum ZoneText {
    /// A name (RFC 1035, section 5.1): `@`, relative to `origin`, or absolute; nil if it is none.
    static func name(_ text: some Collection<UInt8>, origin: DomainName) -> DomainName? {
        if text.elementsEqual([UInt8(ascii: "@")]) { return origin }
        if text.elementsEqual([UInt8(ascii: ".")]) { return .root }
        var (labels, label): ([[UInt8]], [UInt8]) = ([], [])
        var rest = Array(text)[...]
        guard !rest.isEmpty else { return nil }
        var isAbsolute = false
        while let byte = rest.popFirst() {
            isAbsolute = false
            if byte == UInt8(ascii: ".") {
                labels.append(label)
                label = []
                isAbsolute = true
            } else if byte == UInt8(ascii: "\\") {
                guard let escaped = escaped(&rest) else { return nil }
                label.append(escaped)
            } else {
                label.append(byte)
            }
        }
        if !isAbsolute { labels.append(label) }
        return DomainName(labels: isAbsolute ? labels : labels + origin.labels)
    }

    private static func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = rest.popFirst() else { return nil }
        guard isDigit(first) else { return first }
        guard let second = rest.popFirst(), let third = rest.popFirst(), isDigit(second), isDigit(third) else {
            return nil
        }
        return UInt8(exactly: Int(first - 48) * 100 + Int(second - 48) * 10 + Int(third - 48))
    }

    /// How `name` is written where `origin` is in force: relative where it can be.
    static func text(_ name: DomainName, origin: DomainName, isAbsolute: Bool) -> [UInt8] {
        if !isAbsolute, name == origin { return [UInt8(ascii: "@")] }
        guard !isAbsolute, name.isWithin(origin), !origin.labels.isEmpty,
            let own = DomainName(labels: Array(name.labels.dropLast(origin.labels.count)))
        else { return Array(name.description.utf8) }
        return Array(own.description.utf8.dropLast())
    }

    /// A TTL in seconds, also as BIND's `1w2d3h4m5s`; nil if it is none. Above 2^31 - 1 it counts as 0 (RFC 2181, section 8).
    static func ttl(_ text: some Collection<UInt8>) -> UInt32? {
        guard let value = seconds(text) else { return nil }
        return value > 0x7fff_ffff ? 0 : value
    }

    /// A number of seconds, also with BIND's units; nil if it is none or too large.
    static func seconds(_ text: some Collection<UInt8>) -> UInt32? {
        if let plain = number(text) { return plain }
        var (total, digits): (UInt64, [UInt8]) = (0, [])
        for byte in text {
            if isDigit(byte) {
                digits.append(byte)
                continue
            }
            guard let count = number(digits), let unit = unit(byte) else { return nil }
            digits = []
            total += UInt64(count) * unit
            if total > UInt64(UInt32.max) { return nil }
        }
        return digits.isEmpty && !text.isEmpty ? UInt32(total) : nil
    }

    private static func unit(_ byte: UInt8) -> UInt64? {
        switch byte | 0x20 {
        case UInt8(ascii: "w"): 604_800
        case UInt8(ascii: "d"): 86_400
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "s"): 1
        default: nil
        }
    }

    /// A number in decimal digits alone.
    static func number(_ text: some Collection<UInt8>) -> UInt32? {
        guard !text.isEmpty, text.allSatisfy(isDigit) else { return nil }
        var value: UInt64 = 0
        for byte in text {
            value = value * 10 + UInt64(byte - 48)
            if value > UInt64(UInt32.max) { return nil }
        }
        return UInt32(value)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// A class by its name or as `CLASS1` (RFC 3597, section 5).
    static func recordClass(_ text: some Collection<UInt8>) -> UInt16? {
        let word = upper(text)
        switch word {
        case "IN": return 1
        case "CH", "CHAOS": return 3
        case "HS", "HESIOD": return 4
        case "NONE": return 254
        case "ANY": return 255
        default:
            guard word.hasPrefix("CLASS"), let number = number(word.utf8.dropFirst(5)) else { return nil }
            return UInt16(exactly: number)
        }
    }

    /// In capitals; what isn't ASCII becomes something that no keyword has.
    static func upper(_ text: some Collection<UInt8>) -> String {
        String(decoding: text.map { (97...122).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
    }

    /// TLSA data from the words of a record: RFC 6698, section 2.2, or the form of RFC 3597, section 5.
    static func tlsa(_ words: [[UInt8]]) -> TLSA? {
        if words.first == Array("\\#".utf8) {
            guard words.count >= 2, let length = number(words[1]), let wire = hex(words[2...].joined()),
                wire.count == Int(length), wire.count >= 3
            else { return nil }
            return TLSA(usage: wire[0], selector: wire[1], matching: wire[2], bytes: Array(wire[3...]))
        }
        guard words.count >= 4 else { return nil }
        let numbers = words[..<3].compactMap { number($0).flatMap { UInt8(exactly: $0) } }
        guard numbers.count == 3, let bytes = hex(words[3...].joined()), !bytes.isEmpty else { return nil }
        return TLSA(usage: numbers[0], selector: numbers[1], matching: numbers[2], bytes: bytes)
    }

    private static func hex(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var (bytes, high): ([UInt8], UInt8?) = ([], nil)
        for byte in text {
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 65...70: digit = byte - 55
            case 97...102: digit = byte - 87
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }
}
