/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) is the IPv4 address:
/// both are the same value, because a dual-stack socket reports IPv4 peers in that form.
package struct IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The 128 bits; IPv4 addresses lie in `::ffff:0:0/96`.
    package let bits: UInt128

    static let mappedPrefix: UInt128 = 0xffff << 32

    /// The address with these 128 bits.
    package init(bits: UInt128) {
        self.bits = bits
    }

    /// An IPv4 address.
    package init(v4: UInt32) {
        bits = Self.mappedPrefix | UInt128(v4)
    }

    /// Whether this is an IPv4 address.
    package var isV4: Bool { bits >> 32 == 0xffff }

    /// The IPv4 address's 32 bits.
    package var v4: UInt32? { isV4 ? UInt32(truncatingIfNeeded: bits) : nil }

    /// Whether the address is of this machine alone: 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        if let v4 { return v4 >> 24 == 127 }
        return bits == 1
    }

    /// Reads `192.0.2.1` or an IPv6 address (RFC 4291, section 2.2), nothing else: no leading zeros in IPv4,
    /// no octal, hexadecimal or shortened forms, no zone ids, no brackets, no ports.
    package init?(_ text: some StringProtocol) {
        var copy = String(text)
        let bits = copy.withUTF8 { AddressParser.parse($0) }
        guard let bits else { return nil }
        self.bits = bits
    }

    /// Reads an address from its text's bytes.
    package init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard let bits = AddressParser.parse(bytes) else { return nil }
        self.bits = bits
    }

    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }

    /// The address in its canonical form (RFC 5952); IPv4 in dotted form.
    package var description: String {
        if let v4 { return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        let gap = Self.longestZeroRun(groups)
        let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        if gap.isEmpty { return head }
        let tail = groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return "\(head)::\(tail)"
    }

    /// The first longest run of at least two zero groups (RFC 5952, section 4.2), or an empty range at the end.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var best = 8..<8
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}

/// Strict readers of the two address forms.
private enum AddressParser {
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> UInt128? {
        guard !text.isEmpty, text.count <= 45 else { return nil }
        if text.contains(UInt8(ascii: ":")) { return v6(text) }
        return v4(text[...]).map { IPAddress.mappedPrefix | UInt128($0) }
    }

    static func v4(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32? {
        var value: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var octets = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, octets < 3 else { return nil }
                value = value << 8 | octet
                (octets, octet, digits) = (octets + 1, 0, 0)
                continue
            }
            guard (0x30...0x39).contains(byte), !(digits > 0 && octet == 0) else { return nil }
            octet = octet * 10 + UInt32(byte - 0x30)
            digits += 1
            guard octet <= 255 else { return nil }
        }
        guard digits > 0, octets == 3 else { return nil }
        return value << 8 | octet
    }

    static func v6(_ text: UnsafeBufferPointer<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        var groups: UInt128 = 0
        var count = 0
        var gap: Int?
        var index = 0
        if text[0] == colon {
            guard text.count >= 2, text[1] == colon else { return nil }
            (gap, index) = (0, 2)
        }
        while index < text.count {
            let end = text[index...].firstIndex(of: colon) ?? text.count
            if text[index..<end].contains(UInt8(ascii: ".")) {
                guard end == text.count, count <= 6, let v4 = v4(text[index..<end]) else { return nil }
                groups = groups << 32 | UInt128(v4)
                count += 2
                index = end
                break
            }
            guard count < 8, let group = hex(text[index..<end]) else { return nil }
            groups = groups << 16 | UInt128(group)
            count += 1
            index = end
            guard index < text.count else { break }
            index += 1
            guard index < text.count else { return nil }
            if text[index] == colon {
                guard gap == nil else { return nil }
                gap = count
                index += 1
            }
        }
        guard let gap else { return count == 8 ? groups : nil }
        guard count < 8 else { return nil }
        let tailBits = 16 * (count - gap)
        let tail = tailBits == 0 ? 0 : groups & (UInt128.max >> (128 - tailBits))
        let head = groups >> tailBits
        return gap == 0 ? tail : head << (128 - 16 * gap) | tail
    }

    private static func hex(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> UInt16? {
        guard (1...4).contains(text.count) else { return nil }
        var value: UInt16 = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x61...0x66: digit = byte - 0x57
            case 0x41...0x46: digit = byte - 0x37
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}
