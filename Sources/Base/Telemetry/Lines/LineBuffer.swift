import Glibc
import StewardCore

/// A growing byte buffer that lines of the log are built in. It is used again for the next line, so
/// that building one allocates nothing.
package struct LineBuffer: ~Copyable {
    private var storage: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var seconds = SecondCache()
    /// How many bytes have been written.
    package private(set) var count = 0

    /// An empty buffer with room for `capacity` bytes.
    package init(capacity: Int = 1024) {
        storage = .allocate(capacity: max(capacity, 64))
        self.capacity = max(capacity, 64)
    }

    deinit { storage.deallocate() }

    /// Forgets what was written and keeps the memory, unless one line made it very large.
    package mutating func clear() {
        count = 0
        guard capacity > 256 * 1024 else { return }
        storage.deallocate()
        capacity = 4096
        storage = .allocate(capacity: capacity)
    }

    /// Forgets what was written after the first `count` bytes.
    package mutating func truncate(to count: Int) {
        self.count = min(self.count, count)
    }

    /// Lends what was written to `body`.
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try body(UnsafeBufferPointer(start: storage, count: count))
    }

    /// What was written, as text.
    package var text: String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Makes room for `size` more bytes and returns where they go; `advance` then counts them.
    @inline(__always)
    mutating func room(for size: Int) -> UnsafeMutablePointer<UInt8> {
        if capacity - count < size { grow(for: size) }
        return storage + count
    }

    /// Counts `size` bytes that were written to the place `room(for:)` gave.
    @inline(__always)
    mutating func advance(by size: Int) {
        count += size
    }

    @inline(never)
    private mutating func grow(for size: Int) {
        let larger = max(capacity * 2, count + size)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: storage, count: count)
        storage.deallocate()
        storage = moved
        capacity = larger
    }
}

extension LineBuffer {
    /// Appends one byte.
    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        room(for: 1).pointee = byte
        advance(by: 1)
    }

    /// Appends a literal as it stands.
    @inline(__always)
    package mutating func append(_ literal: StaticString) {
        let size = literal.utf8CodeUnitCount
        memcpy(room(for: size), literal.utf8Start, size)
        advance(by: size)
    }

    /// Appends bytes as they stand.
    package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        memcpy(room(for: bytes.count), start, bytes.count)
        advance(by: bytes.count)
    }

    /// Appends text as it stands, without any escaping.
    package mutating func append(verbatim text: String) {
        withUTF8(of: text) { buffer, bytes in buffer.append(bytes) }
    }

    /// Calls `body` with the UTF-8 bytes of `text`.
    @inline(__always)
    mutating func withUTF8(of text: String, _ body: (inout LineBuffer, UnsafeBufferPointer<UInt8>) -> Void) {
        let done: Void? = text.utf8.withContiguousStorageIfAvailable { body(&self, $0) }
        if done == nil {
            // Only strings bridged from elsewhere have no contiguous storage.
            var copy = text
            copy.withUTF8 { body(&self, $0) }
        }
    }

    /// Appends `value` in decimal.
    package mutating func append(_ value: some BinaryInteger & Sendable) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDigits(UInt64(value.magnitude))
    }

    /// Appends `value` in decimal.
    mutating func appendDigits(_ value: UInt64) {
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, value >= bound {
            digits += 1
            bound = digits < 20 ? bound * 10 : .max
        }
        let place = room(for: digits)
        var rest = value
        var index = digits - 1
        while index >= 0 {
            place[index] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
            index -= 1
        }
        advance(by: digits)
    }

    /// Appends a duration given in microseconds as milliseconds with three decimals: `1234` becomes `1.234`.
    package mutating func append(milliseconds microseconds: Int64) {
        if microseconds < 0 { append(UInt8(ascii: "-")) }
        let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        appendDigits(whole)
        let place = room(for: 4)
        place[0] = UInt8(ascii: ".")
        place[1] = UInt8(truncatingIfNeeded: 48 + rest / 100)
        place[2] = UInt8(truncatingIfNeeded: 48 + rest / 10 % 10)
        place[3] = UInt8(truncatingIfNeeded: 48 + rest % 10)
        advance(by: 4)
    }

    /// Appends `time` in UTC with milliseconds (RFC 3339): `2026-11-02T03:04:05.678Z`.
    package mutating func append(_ time: Timestamp) {
        let place = room(for: 24)
        seconds.write(time, to: place)
        advance(by: 24)
    }

    /// Appends the 32 hex digits of `trace`.
    package mutating func append(_ trace: TraceID) {
        trace.write(to: UnsafeMutableBufferPointer(start: room(for: 32), count: 32))
        advance(by: 32)
    }
}
