import Glibc
import StewardCore

/// One JSON object a line (RFC 8259), fields in the order they are written.
extension LineBuffer {
    /// Opens the line's object with its `time` field, which every line has.
    package mutating func beginJSON(time: Timestamp) {
        append("{\"time\":\"")
        append(time)
        append(UInt8(ascii: "\""))
    }

    /// Closes the object and the line.
    package mutating func endJSON() {
        append("}\n")
    }

    /// A text field. `name` must need no escaping.
    package mutating func field(_ name: StaticString, _ value: String) {
        beginField(name)
        appendJSON(value)
    }

    /// A text field whose value is known to need no escaping.
    package mutating func field(_ name: StaticString, literal value: StaticString) {
        beginField(name)
        append(UInt8(ascii: "\""))
        append(value)
        append(UInt8(ascii: "\""))
    }

    /// A text field from bytes that need not be UTF-8: each invalid sequence becomes U+FFFD.
    package mutating func field(_ name: StaticString, bytes: UnsafeBufferPointer<UInt8>) {
        beginField(name)
        appendJSON(String(decoding: bytes, as: UTF8.self))
    }

    /// A whole number.
    package mutating func field(_ name: StaticString, _ value: Int) {
        beginField(name)
        append(value)
    }

    /// A number; one that JSON can't write (infinite, not a number) becomes `null`.
    package mutating func field(_ name: StaticString, _ value: Double) {
        beginField(name)
        appendJSON(value)
    }

    /// `true` or `false`.
    package mutating func field(_ name: StaticString, _ value: Bool) {
        beginField(name)
        appendJSON(value)
    }

    /// A duration given in microseconds, written as milliseconds with three decimals.
    package mutating func field(_ name: StaticString, milliseconds microseconds: Int64) {
        beginField(name)
        append(milliseconds: microseconds)
    }

    /// The 32 hex digits of a trace id.
    package mutating func field(_ name: StaticString, _ trace: TraceID) {
        beginField(name)
        append(UInt8(ascii: "\""))
        append(trace)
        append(UInt8(ascii: "\""))
    }

    /// Writes `,"name":`.
    @inline(__always)
    private mutating func beginField(_ name: StaticString) {
        let size = name.utf8CodeUnitCount
        let place = room(for: size + 4)
        place[0] = UInt8(ascii: ",")
        place[1] = UInt8(ascii: "\"")
        memcpy(place + 2, name.utf8Start, size)
        place[size + 2] = UInt8(ascii: "\"")
        place[size + 3] = UInt8(ascii: ":")
        advance(by: size + 4)
    }

    /// Appends `true` or `false`.
    package mutating func appendJSON(_ value: Bool) {
        append(value ? "true" : "false")
    }

    /// Appends a number, or `null` if JSON can't write it.
    package mutating func appendJSON(_ value: Double) {
        value.isFinite ? append(verbatim: value.description) : append("null")
    }

    /// Appends a quoted string; quotes, backslashes and control characters are escaped
    /// (RFC 8259, section 7).
    package mutating func appendJSON(_ value: String) {
        withUTF8(of: value) { $0.appendJSON(utf8: $1) }
    }

    /// Appends a quoted string from valid UTF-8.
    private mutating func appendJSON(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        var place = room(for: bytes.count + 2)
        place[0] = UInt8(ascii: "\"")
        advance(by: 1)
        guard var source = bytes.baseAddress else { return append(UInt8(ascii: "\"")) }
        let end = source + bytes.count
        while source < end {
            place = room(for: end - source + 1)
            let clean = Self.copyClean(from: source, to: place, count: end - source)
            advance(by: clean)
            source += clean
            if source < end {
                appendEscape(source.pointee)
                source += 1
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Copies up to the first byte that JSON must escape and returns how many bytes that were,
    /// eight at a time while all eight are clean.
    private static func copyClean(
        from source: UnsafePointer<UInt8>, to place: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var index = 0
        while count - index >= 8 {
            let word = UnsafeRawPointer(source + index).loadUnaligned(as: UInt64.self)
            // A byte's top bit ends up set if it was zero after the exclusive or, or under 0x20.
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5c)
            let found =
                ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash) | ((word &- ones &* 0x20) & ~word)
            if found & tops != 0 { break }
            UnsafeMutableRawPointer(place + index).storeBytes(of: word, as: UInt64.self)
            index += 8
        }
        while index < count {
            let byte = source[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5c { break }
            place[index] = byte
            index += 1
        }
        return index
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case 0x22: append("\\\"")
        case 0x5c: append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        default:
            append("\\u00")
            append(Self.hex(byte >> 4))
            append(Self.hex(byte & 0xf))
        }
    }

    static func hex(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 48 + nibble : 87 + nibble
    }
}
