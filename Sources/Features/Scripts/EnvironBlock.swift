import Glibc
package import NIOCore

/// Builds the WSGI environ of a call as the worker protocol wants it: `key NUL value NUL key NUL value`,
/// bytes as they came (PEP 3333 makes them Latin-1 code points in Python). Room for the frame's header is kept in
/// front, so that the block becomes a frame without being copied.
package struct EnvironBlock {
    private var storage: ByteBuffer

    /// An empty block; `capacity` is a guess in bytes.
    package init(allocator: ByteBufferAllocator = .init(), capacity: Int = 1024) {
        storage = allocator.buffer(capacity: FrameHeader.size + capacity)
        storage.writeRepeatingByte(0, count: FrameHeader.size)
    }

    /// A block of these bytes, whatever they are.
    init(bytes: some Sequence<UInt8>) {
        self.init()
        storage.writeBytes(bytes)
    }

    /// Bytes so far.
    package var count: Int { storage.readableBytes - FrameHeader.size }

    /// The bytes so far.
    package var buffer: ByteBuffer { storage.getSlice(at: FrameHeader.size, length: count)! }

    /// The frame with `header` whose payload is the block and then `body`.
    consuming func frame(_ header: FrameHeader, body: ByteBuffer?) -> ByteBuffer {
        let end = storage.writerIndex
        storage.moveWriterIndex(to: 0)
        header.write(to: &storage)
        storage.moveWriterIndex(to: end)
        if let body { storage.writeImmutableBuffer(body) }
        return storage
    }

    /// Adds one pair; NULs in the value, which no valid request has, become spaces.
    package mutating func set(_ key: StaticString, _ value: String) {
        var value = value
        value.withUTF8 { write(key, Self.nothing, $0) }
    }

    /// Adds one pair; NULs in the value, which no valid request has, become spaces.
    package mutating func set(_ key: StaticString, _ value: Substring) {
        var value = value
        value.withUTF8 { write(key, Self.nothing, $0) }
    }

    /// Adds one pair with a number as its value.
    package mutating func set(_ key: StaticString, _ value: Int) {
        set(key, String(value))
    }

    /// Adds a request header under its CGI name (RFC 3875, section 4.1.18): `HTTP_` and the name in upper case
    /// with `-` as `_`. Names that contain `_` are dropped, since they would pass for another header.
    package mutating func setHeader(_ name: String, _ value: String) {
        var (name, value) = (name, value)
        name.withUTF8 { name in
            value.withUTF8 { writeHeader(name, $0) }
        }
    }

    /// Adds a request header whose value is these bytes.
    package mutating func setHeader(_ name: String, bytes value: ByteBuffer) {
        var name = name
        name.withUTF8 { name in
            value.withUnsafeReadableBytes { writeHeader(name, $0.bindMemory(to: UInt8.self)) }
        }
    }

    private mutating func writeHeader(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        guard !name.contains(UInt8(ascii: "_")) else { return }
        write("HTTP_", name, value)
    }

    private static var nothing: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: nil, count: 0) }

    /// One pair: `key` then `name` in capitals, a NUL, the value.
    private mutating func write(
        _ key: StaticString, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) {
        let keyLength = key.utf8CodeUnitCount
        let separator = count > 0 ? 1 : 0
        let length = separator + keyLength + name.count + 1 + value.count
        storage.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
            var out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            if separator == 1 { out.pointee = 0 }
            out += separator
            memcpy(out, key.utf8Start, keyLength)
            out += keyLength
            for byte in name {
                out.pointee = Self.capital(byte)
                out += 1
            }
            out.pointee = 0
            out += 1
            if let start = value.baseAddress { Self.copy(start, count: value.count, to: out) }
            return length
        }
    }

    private static func capital(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte & 0xdf
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        default: byte
        }
    }

    private static func copy(_ start: UnsafePointer<UInt8>, count: Int, to out: UnsafeMutablePointer<UInt8>) {
        memcpy(out, start, count)
        guard memchr(out, 0, count) != nil else { return }
        for index in 0..<count where out[index] == 0 { out[index] = 32 }
    }
}
