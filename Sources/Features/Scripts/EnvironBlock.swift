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
        writeValue(value.utf8)
    }

    /// Adds one pair with a number as its value.
    package mutating func set(_ key: StaticString, _ value: Int) {
        set(key, String(value))
    }

    /// Adds a request header under its CGI name (RFC 3875, section 4.1.18): `HTTP_` and the name in upper case
    /// with `-` as `_`. Names that contain `_` are dropped, since they would pass for another header.
    package mutating func setHeader(_ name: String, _ value: some StringProtocol) {
        guard !name.utf8.contains(UInt8(ascii: "_")) else { return }
        separate()
        buffer.writeStaticString("HTTP_")
        buffer.writeBytes(
            name.utf8.lazy.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): byte & 0xdf
                case UInt8(ascii: "-"): UInt8(ascii: "_")
                default: byte
                }
            })
        buffer.writeInteger(UInt8(0))
        writeValue(value.utf8)
    }

    private mutating func separate() {
        if isEmpty { isEmpty = false } else { buffer.writeInteger(UInt8(0)) }
    }

    private mutating func writeValue(_ bytes: some Sequence<UInt8>) {
        let start = buffer.writerIndex
        let written = buffer.writeBytes(bytes)
        let offset = start - buffer.readerIndex
        buffer.withUnsafeMutableReadableBytes { all in
            for index in offset..<(offset + written) where all[index] == 0 { all[index] = 32 }
        }
    }
}
