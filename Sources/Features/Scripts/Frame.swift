package import NIOCore

/// The 24-byte header of every frame between server and worker; `docs/design/worker-protocol.md`.
package struct FrameHeader: Equatable, Sendable {
    /// Bytes of an encoded header.
    package static let size = 24
    /// The largest payload that either side accepts, in bytes.
    package static let maximumLength = 64 << 20

    /// Bytes of payload that follow.
    package var length: UInt32
    /// What the frame says; see `FrameKind`.
    package var kind: UInt8
    /// Bits or a level, by kind.
    package var flags: UInt8
    /// HTTP status, where it applies.
    package var status: UInt16
    /// The call that the frame belongs to.
    package var call: UInt32
    /// First number, by kind.
    package var a: UInt32
    /// Second number, by kind.
    package var b: UInt32
    /// Third number, by kind.
    package var c: UInt32

    /// A header; numbers that a kind doesn't use stay 0.
    package init(
        length: Int, kind: FrameKind, flags: UInt8 = 0, status: UInt16 = 0, call: UInt32 = 0, a: UInt32 = 0,
        b: UInt32 = 0, c: UInt32 = 0
    ) {
        self.length = UInt32(length)
        self.kind = kind.rawValue
        self.flags = flags
        self.status = status
        self.call = call
        self.a = a
        self.b = b
        self.c = c
    }

    /// The header at the front of 24 little-endian bytes.
    package init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.size)
        length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        kind = bytes[4]
        flags = bytes[5]
        status = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        call = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        a = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        b = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        c = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    }

    /// Appends the 24 bytes to `buffer`.
    package func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(length, kind, flags, status, call, a, b, c, endianness: .little)
    }
}

/// What a frame says; the numbers are the protocol's.
package enum FrameKind: UInt8, Sendable {
    /// Worker: a whole answer. Server: a call (`FrameKind.call`).
    case reply = 1
    /// Worker: a streamed answer begins. Server: describe these scripts.
    case head = 2
    /// Worker: body bytes of a streamed answer.
    case chunk = 3
    /// Worker: a streamed answer is complete.
    case end = 4
    /// Worker: one line that the script printed or logged.
    case log = 5
    /// Worker: the call failed; the payload is JSON.
    case fail = 6
    /// Worker: what the syntax trees of the asked scripts say, as JSON.
    case described = 7
    /// Server, control socket: hand back what has not started.
    case giveBack = 16
    /// Worker, control socket: ids of calls that this worker will not run.
    case givenBack = 17

    /// Server to worker: run this call.
    package static let call = FrameKind.reply
    /// Server to worker: describe the scripts in the payload.
    package static let describe = FrameKind.head
}

/// A frame that arrived whole.
package struct Frame: Sendable {
    /// Its header.
    package let header: FrameHeader
    /// `header.length` bytes.
    package let payload: ByteBuffer
}

/// Why a peer's bytes are no frames.
package enum FrameError: Error, Equatable {
    /// The header announces more than `FrameHeader.maximumLength`.
    case tooLong(UInt32)
    /// No such kind.
    case unknownKind(UInt8)
}

/// Cuts a byte stream into frames; pure, keeps what is incomplete.
package struct FrameReader {
    private var pending = ByteBuffer()

    /// A reader at the start of a stream.
    package init() {}

    /// Takes the next bytes of the stream.
    package mutating func append(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.discardReadBytes()
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// The next whole frame, or nil until more bytes come.
    /// - Throws: `FrameError` when the stream can't be trusted any more.
    package mutating func next() throws(FrameError) -> Frame? {
        guard pending.readableBytes >= FrameHeader.size else { return nil }
        let header = pending.withUnsafeReadableBytes { FrameHeader(bytes: $0) }
        guard header.length <= FrameHeader.maximumLength else { throw .tooLong(header.length) }
        guard FrameKind(rawValue: header.kind) != nil else { throw .unknownKind(header.kind) }
        guard pending.readableBytes >= FrameHeader.size + Int(header.length) else { return nil }
        pending.moveReaderIndex(forwardBy: FrameHeader.size)
        return Frame(header: header, payload: pending.readSlice(length: Int(header.length))!)
    }
}
