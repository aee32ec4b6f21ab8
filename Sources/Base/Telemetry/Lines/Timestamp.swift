import Glibc

/// A moment of the wall clock, in microseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Sendable {
    /// Microseconds since the Unix epoch.
    package var microseconds: Int64

    /// The moment `microseconds` after the Unix epoch.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The present moment (`CLOCK_REALTIME`).
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// The part of an RFC 3339 timestamp that stays the same for a whole second, kept because lines
/// come in thousands a second.
struct SecondCache {
    private var second = Int64.min
    // "2026-11-02T03:04:05." as three words, the last half used.
    private var text: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// Writes the 24 bytes of `time` in UTC with milliseconds (RFC 3339, section 5.6): `2026-11-02T03:04:05.678Z`.
    mutating func write(_ time: Timestamp, to destination: UnsafeMutablePointer<UInt8>) {
        var (second, rest) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        if rest < 0 {
            second -= 1
            rest += 1_000_000
        }
        if second != self.second { format(second) }
        withUnsafeBytes(of: &text) { _ = memcpy(destination, $0.baseAddress!, 20) }
        let milliseconds = Int(rest / 1000)
        destination[20] = UInt8(48 + milliseconds / 100)
        destination[21] = UInt8(48 + milliseconds / 10 % 10)
        destination[22] = UInt8(48 + milliseconds % 10)
        destination[23] = UInt8(ascii: "Z")
    }

    private mutating func format(_ second: Int64) {
        var clock = time_t(second)
        var parts = tm()
        gmtime_r(&clock, &parts)
        self.second = second
        withUnsafeMutableBytes(of: &text) { bytes in
            var offset = 0
            func put(_ value: Int32, digits: Int, then mark: UInt8) {
                var rest = value
                for index in stride(from: offset + digits - 1, through: offset, by: -1) {
                    bytes[index] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                bytes[offset + digits] = mark
                offset += digits + 1
            }
            put(min(max(parts.tm_year + 1900, 0), 9999), digits: 4, then: UInt8(ascii: "-"))
            put(parts.tm_mon + 1, digits: 2, then: UInt8(ascii: "-"))
            put(parts.tm_mday, digits: 2, then: UInt8(ascii: "T"))
            put(parts.tm_hour, digits: 2, then: UInt8(ascii: ":"))
            put(parts.tm_min, digits: 2, then: UInt8(ascii: ":"))
            put(parts.tm_sec, digits: 2, then: UInt8(ascii: "."))
        }
    }
}
