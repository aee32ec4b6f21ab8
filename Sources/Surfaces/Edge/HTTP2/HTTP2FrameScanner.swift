internal import NIOCore

/// Follows the frames of one direction of an HTTP/2 connection (RFC 9113, section 4.1) without taking them apart:
/// says whether something has begun that is not complete, what was told in GOAWAY, and which streams went on after their
/// end.
struct HTTP2FrameScanner {
    private enum Kind {
        static let data: UInt8 = 0, headers: UInt8 = 1, goAway: UInt8 = 7, continuation: UInt8 = 9
    }

    private static let endStream: UInt8 = 1
    private static let endHeaders: UInt8 = 4
    private static let headerLength = 9

    /// Bytes of the client's preface that are still to come.
    private var preface: Int
    private var header: [UInt8] = []
    private var kind = Kind.data
    /// Bytes of the current frame's payload that are still to come.
    private var rest = 0
    /// Whether a header block goes on in the next frame.
    private var isBlockOpen = false
    private var goAway: [UInt8] = []
    /// The error code of a GOAWAY, once one is complete.
    private(set) var goAwayCode: UInt32?
    /// The streams that ended last, oldest first.
    private var ended = CircularBuffer<UInt32>()
    /// Streams with a header block after their end.
    private(set) var reopened: Set<UInt32> = []
    /// More streams than may be open at a time.
    private static let remembered = 128

    /// A scanner of what a client sends, or of what the server sends, which has no preface.
    init(hasPreface: Bool) {
        preface = hasPreface ? 24 : 0
        header.reserveCapacity(Self.headerLength)
    }

    /// Whether a frame, a header block or the preface has begun and is not complete. A body may pause, so DATA does not
    /// count.
    var isUnfinished: Bool {
        preface > 0 || !header.isEmpty || isBlockOpen || (rest > 0 && kind != Kind.data)
    }

    /// Takes the next bytes.
    mutating func scan(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { bytes in
            var position = min(preface, bytes.count)
            preface -= position
            while position < bytes.count {
                position += rest > 0 ? payload(bytes[position...]) : head(bytes[position...])
            }
        }
    }

    /// Takes bytes of a frame's header; returns how many.
    private mutating func head(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let part = bytes.prefix(Self.headerLength - header.count)
        header += part
        guard header.count == Self.headerLength else { return part.count }
        rest = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
        kind = header[3]
        if kind == Kind.headers || kind == Kind.continuation { isBlockOpen = header[4] & Self.endHeaders == 0 }
        if kind == Kind.headers || kind == Kind.data, preface == 0 { follow() }
        header.removeAll(keepingCapacity: true)
        goAway.removeAll(keepingCapacity: true)
        return part.count
    }

    /// Remembers which streams have ended.
    private mutating func follow() {
        let stream = header[5...].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        if kind == Kind.headers, ended.contains(stream) {
            reopened.insert(stream)
        } else if header[4] & Self.endStream != 0 {
            ended.append(stream)
            if ended.count > Self.remembered { reopened.remove(ended.removeFirst()) }
        }
    }

    /// Takes bytes of a payload; returns how many.
    private mutating func payload(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let part = bytes.prefix(rest)
        rest -= part.count
        if kind == Kind.goAway, goAway.count < 8 {
            goAway += part.prefix(8 - goAway.count)
            if goAway.count == 8 { goAwayCode = goAway[4...].reduce(0) { $0 << 8 | UInt32($1) } }
        }
        return part.count
    }
}
