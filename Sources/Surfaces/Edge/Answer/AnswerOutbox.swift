internal import NIOCore

/// Who sends what waits in an outbox.
protocol OutboxOwner: AnyObject {
    /// More can be taken.
    func outboxIsReady()
    /// What waited is lost: the answer can't go on.
    func outboxFailed()
}

/// What of a connection's or a stream's answers waits for the client to take what it has: a little in memory, the rest in the
/// store's file. Confined to the event loop.
final class AnswerOutbox {
    private struct Part {
        let number: Int
        let length: Int
        var taken = 0
        var bytes: ByteBuffer?
        var stored: StoredAnswer?
        /// It is being written, or could not be.
        var isTried = false

        var rest: Int { length - taken }
    }

    /// Bytes that are read from the file at a time.
    private static let stride = 256 << 10
    /// A part smaller than this isn't worth a file.
    private static let least = 16 << 10

    private let store: AnswerStore
    private let loop: any EventLoop
    /// The most bytes that wait in memory.
    private let limit: Int
    private var parts = CircularBuffer<Part>()
    private var next = 0
    /// What was read of the first part's file and not taken.
    private var ahead: ByteBuffer?
    private var isReading = false
    private var scratch = ByteBuffer()
    /// Bytes that wait.
    private(set) var count = 0
    weak var owner: (any OutboxOwner)?

    init(store: AnswerStore, limit: Int, loop: any EventLoop) {
        self.store = store
        self.limit = limit
        self.loop = loop
    }

    var isEmpty: Bool { count == 0 }

    /// What waits in the file: the number of the oldest region, and the room of all.
    var stored: (oldest: UInt64, room: Int)? {
        let regions = parts.compactMap(\.stored)
        guard let first = regions.first else { return nil }
        return (first.number, regions.reduce(0) { $0 + $1.room })
    }

    func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        next += 1
        count += bytes.readableBytes
        parts.append(Part(number: next, length: bytes.readableBytes, bytes: bytes))
    }

    /// The next bytes, `most` at a time; nil if there are none, or none yet: then the owner hears of it.
    func take(upTo most: Int) -> ByteBuffer? {
        guard var part = parts.first else { return nil }
        guard let piece = piece(of: part, upTo: min(most, part.rest)) else {
            read(part)
            return nil
        }
        part.taken += piece.readableBytes
        count -= piece.readableBytes
        if part.rest > 0 {
            parts[parts.startIndex] = part
        } else {
            parts.removeFirst()
            ahead = nil
            if parts.isEmpty { scratch = ByteBuffer() }
        }
        return piece
    }

    private func piece(of part: Part, upTo most: Int) -> ByteBuffer? {
        if let bytes = part.bytes {
            guard let piece = bytes.getSlice(at: bytes.readerIndex + part.taken, length: most) else { return nil }
            return part.length > limit ? copy(piece) : piece
        }
        guard let here = ahead?.readableBytes, here > 0 else { return nil }
        return ahead?.readSlice(length: min(most, here))
    }

    /// A slice that waits in the channel would keep the whole answer in memory. The copy's memory is used again once it is sent.
    private func copy(_ piece: ByteBuffer) -> ByteBuffer {
        scratch.clear(minimumCapacity: piece.readableBytes)
        scratch.writeImmutableBuffer(piece)
        return scratch
    }

    private func read(_ part: Part) {
        guard !isReading, let stored = part.stored else { return }
        isReading = true
        let reading = store.read(stored, from: part.taken, count: min(Self.stride, part.rest), on: loop)
        reading.assumeIsolated().whenComplete { result in
            self.isReading = false
            guard self.parts.first?.number == part.number else { return }
            switch result {
            case .success(let bytes):
                self.ahead = bytes
                self.owner?.outboxIsReady()
            case .failure: self.owner?.outboxFailed()
            }
        }
    }

    /// Moves to the file what is too much for memory. What the disk doesn't take stays.
    func settle() {
        var inMemory = parts.reduce(0) { $0 + ($1.bytes == nil ? 0 : $1.rest) }
        for index in parts.indices.reversed() where inMemory > limit {
            let part = parts[index]
            guard let bytes = part.bytes, part.rest >= Self.least else { continue }
            inMemory -= part.rest
            guard !part.isTried else { continue }
            parts[index].isTried = true
            store.keep(bytes, on: loop).assumeIsolated().whenSuccess { stored in
                guard let place = self.parts.firstIndex(where: { $0.number == part.number }) else { return }
                self.parts[place].stored = stored
                self.parts[place].bytes = nil
            }
        }
    }

    /// Forgets everything.
    func removeAll() {
        parts.removeAll()
        ahead = nil
        scratch = ByteBuffer()
        count = 0
    }
}
