/// Little-endian reading within bounds: nil beyond the end, never a trap.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    private let end: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
        end = bytes.endIndex
    }

    var isAtEnd: Bool { position >= end }
    var remaining: Int { end - position }

    mutating func unsigned(_ size: Int) -> UInt64? {
        guard size <= remaining, size <= 8 else { return nil }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[position + index]) << (8 * UInt64(index)) }
        position += size
        return value
    }

    mutating func byte() -> UInt8? { unsigned(1).map { UInt8($0) } }
    mutating func int(_ size: Int) -> Int? { unsigned(size).flatMap { Int(exactly: $0) } }

    /// Unsigned LEB128; what doesn't fit 64 bits is nil.
    mutating func uleb() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = byte() {
            guard shift < 63 || (shift == 63 && byte & 0x7F <= 1) else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// Signed LEB128.
    mutating func sleb() -> Int64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = byte() {
            guard shift <= 63 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0, shift < 64 { value |= UInt64.max << shift }
                return Int64(bitPattern: value)
            }
        }
        return nil
    }

    /// Up to a zero byte, which is passed.
    mutating func string() -> String? {
        guard let stop = bytes[position..<end].firstIndex(of: 0) else { return nil }
        defer { position = stop + 1 }
        return String(decoding: bytes[position..<stop], as: UTF8.self)
    }

    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, count <= remaining else { return false }
        position += count
        return true
    }

    /// The next `count` bytes as a reader of their own.
    mutating func part(_ count: Int) -> ByteReader? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return ByteReader(bytes[position..<position + count])
    }
}
