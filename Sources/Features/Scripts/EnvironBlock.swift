package import NIOCore

/// Builds the WSGI environ of a call as the worker protocol wants it: `key NUL value NUL key NUL value`,
/// bytes as they came (PEP 3333 makes them Latin-1 code points in Python).
package struct EnvironBlock {
    /// The bytes so far.
    package private(set) var buffer: ByteBuffer
    private var isEmpty = true

    /// An empty block; `capacity` is a guess in bytes.
    package init(allocator: ByteBufferAllocator = .init(), capacity: Int = 1024) {
        buffer = allocator.buffer(capacity: capacity)
    }

    /// Adds one pair; NULs in the value, which no valid request has, become spaces.
    package mutating func set(_ key: StaticString, _ value: some StringProtocol) {
        separate()
        buffer.writeStaticString(key)
        buffer.writeInteger(UInt8(0))
        writeValue(value)
    }

    /// Adds one pair with a number as its value.
    package mutating func set(_ key: StaticString, _ value: Int) {
        set(key, String(value))
    }

    /// Adds a request header under its CGI name (RFC 3875, section 4.1.18): `HTTP_` and the name in upper case
    /// with `-` as `_`. Names that contain `_` are dropped, since they would pass for another header.
    package mutating func setHeader(_ name: String, _ value: some StringProtocol) {
        guard startHeader(name) else { return }
        writeValue(value)
    }

    /// Adds a request header whose value is these bytes.
    package mutating func setHeader(_ name: String, bytes value: ByteBuffer) {
        guard startHeader(name) else { return }
        buffer.writeImmutableBuffer(value)
    }

    private mutating func startHeader(_ name: String) -> Bool {
        guard !name.utf8.contains(UInt8(ascii: "_")) else { return false }
        separate()
        buffer.writeStaticString("HTTP_")
        let start = buffer.writerIndex - buffer.readerIndex
        let count = buffer.writeString(name)
        buffer.withUnsafeMutableReadableBytes { bytes in
            for index in start..<(start + count) {
                switch bytes[index] {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): bytes[index] &= 0xdf
                case UInt8(ascii: "-"): bytes[index] = UInt8(ascii: "_")
                default: break
                }
            }
        }
        buffer.writeInteger(UInt8(0))
        return true
    }

    private mutating func separate() {
        if isEmpty { isEmpty = false } else { buffer.writeInteger(UInt8(0)) }
    }

    private mutating func writeValue(_ value: some StringProtocol) {
        let start = buffer.writerIndex - buffer.readerIndex
        let count = buffer.writeSubstring(Substring(value))
        buffer.withUnsafeMutableReadableBytes { bytes in
            for index in start..<(start + count) where bytes[index] == 0 { bytes[index] = 32 }
        }
    }
}
