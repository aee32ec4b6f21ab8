import Glibc

/// Looks at the bytes of one line of a head; every line here stands without its CRLF.
enum FieldScan {
    /// The bytes up to the next LF, or nil if it has not come.
    static func lineFeed(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, 10, bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Whether `byte` may stand in a token (RFC 9110, section 5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? lowTokens : byte < 128 ? highTokens : 0
        return word >> UInt64(byte & 63) & 1 == 1
    }

    // ! # $ % & ' * + - . 0-9 | A-Z ^ _ ` a-z | ~
    private static let lowTokens: UInt64 = 0x03ff_6cfa_0000_0000
    private static let highTokens: UInt64 = 0x57ff_ffff_c7ff_fffe

    /// Whether every byte may stand in a field value (RFC 9110, section 5.5): no control character but the tab.
    /// `high` becomes true where one is beyond ASCII.
    static func isValue(_ bytes: UnsafeRawBufferPointer, high: inout Bool) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var index = 0
        var seen: UInt64 = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let delete = word ^ (ones &* 0x7f)
            seen |= word
            // Bytes below 0x20, and bytes that are 0x7f; a borrow may mark too many, which the slow look clears.
            if ((word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete) & tops != 0 {
                for byte in bytes[index..<(index + 8)] where !isValueByte(byte) { return false }
            }
            index += 8
        }
        while index < bytes.count {
            guard isValueByte(bytes[index]) else { return false }
            seen |= UInt64(bytes[index])
            index += 1
        }
        if seen & tops != 0 { high = true }
        return true
    }

    private static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 9 }

    /// Whether the bytes are `name` in any case; `name` is in small letters.
    static func has(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == name.utf8CodeUnitCount else { return false }
        let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return zip(bytes, wanted).allSatisfy { byte, wanted in
            byte == wanted || (0x41...0x5a ~= byte && byte | 0x20 == wanted)
        }
    }

    /// Without spaces and tabs at both ends (RFC 9110's OWS).
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
        while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// A decimal number of at most 18 digits, without sign and space (RFC 9112, section 6.2).
    static func decimal(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard 1...18 ~= bytes.count else { return nil }
        var number = 0
        for byte in bytes {
            guard 48...57 ~= byte else { return nil }
            number = number * 10 + Int(byte - 48)
        }
        return number
    }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hex(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x37)
        case 0x61...0x66: Int(byte - 0x57)
        default: nil
        }
    }
}
