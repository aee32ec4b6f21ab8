/// One id for everything that one request caused: 16 bytes, written as 32 lower-case hex digits,
/// the `trace-id` of W3C Trace Context (level 1, section 3.2.2.3).
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// An id from its two halves; W3C forbids the all-zero id, so that becomes one.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = high == 0 && low == 0 ? 1 : low
    }

    /// A new random id from `generator`.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(high: generator.next(), low: generator.next())
    }

    /// The trace id of an incoming `traceparent` header, or nil if the header is not valid
    /// (W3C Trace Context, section 3.2).
    public init?(traceparent: some StringProtocol) {
        let bytes = Array(traceparent.utf8)
        guard bytes.count >= 55, bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"),
            bytes[52] == UInt8(ascii: "-"),
            let version = Self.hex(bytes[0..<2]), version != 0xff,
            version != 0 || bytes.count == 55,
            bytes.count == 55 || bytes[55] == UInt8(ascii: "-"),
            let high = Self.hex(bytes[3..<19]), let low = Self.hex(bytes[19..<35]),
            let parent = Self.hex(bytes[36..<52]), Self.hex(bytes[53..<55]) != nil,
            parent != 0, high != 0 || low != 0
        else { return nil }
        self.high = high
        self.low = low
    }

    private static func hex(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - 87)
            default: return nil
            }
        }
        return value
    }

    /// Writes the 32 hex digits to `destination`, which must hold at least 32 bytes.
    public func write(to destination: UnsafeMutableBufferPointer<UInt8>) {
        for (offset, half) in [(0, high), (16, low)] {
            var rest = half
            for index in stride(from: 15, through: 0, by: -1) {
                let nibble = UInt8(rest & 0xf)
                destination[offset + index] = nibble < 10 ? 48 + nibble : 87 + nibble
                rest >>= 4
            }
        }
    }

    /// 32 lower-case hex digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            write(to: buffer)
            return 32
        }
    }
}
