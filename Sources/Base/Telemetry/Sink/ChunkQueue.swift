import Glibc

/// Bytes of whole lines, at most 64 KiB unless one line is longer.
final class LogChunk {
    static let capacity = 64 * 1024

    let storage: UnsafeMutableRawPointer
    let capacity: Int
    private(set) var count = 0
    private(set) var lines = 0

    init(capacity: Int = LogChunk.capacity) {
        self.capacity = capacity
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    func append(_ line: UnsafeBufferPointer<UInt8>) {
        memcpy(storage + count, line.baseAddress!, line.count)
        count += line.count
        lines += 1
    }

    func clear() {
        count = 0
        lines = 0
    }

    /// Where the line begins that the byte at `offset` belongs to.
    func lineStart(at offset: Int) -> Int {
        UnsafeRawBufferPointer(start: storage, count: offset).lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    }

    /// How many lines begin at or after `offset`, or hold it.
    func lines(from offset: Int) -> Int {
        UnsafeRawBufferPointer(start: storage + offset, count: count - offset).count { $0 == 0x0a }
    }
}

/// Lines that wait to be written: a bounded queue that drops its oldest lines, a chunk at a time, so
/// that appending costs the same however much is dropped. Pure: it neither locks nor writes.
struct ChunkQueue {
    /// How many bytes may wait.
    let limit: Int
    private(set) var byteCount = 0
    /// Lines dropped since `takeDropped()`.
    private(set) var dropped = 0
    private var chunks: [LogChunk] = []
    private var head = 0
    private var spare: [LogChunk] = []

    init(limit: Int) {
        self.limit = max(limit, LogChunk.capacity)
    }

    var isEmpty: Bool { byteCount == 0 }
    var chunkCount: Int { chunks.count - head }
    /// Whether so much waits that it should be written at once.
    var isFilling: Bool { byteCount > limit / 4 }

    /// Appends one line, and drops the oldest chunk while more than `limit` bytes wait. The newest chunk
    /// always stays.
    mutating func append(_ line: UnsafeBufferPointer<UInt8>) {
        guard line.count > 0 else { return }
        if let last = chunks.last, chunkCount > 0, last.capacity - last.count >= line.count {
            last.append(line)
        } else {
            let chunk = fresh(for: line.count)
            chunk.append(line)
            chunks.append(chunk)
        }
        byteCount += line.count
        while byteCount > limit, chunkCount > 1, let oldest = pop() {
            dropped += oldest.lines
            recycle(oldest)
        }
    }

    /// Takes the oldest chunk.
    mutating func pop() -> LogChunk? {
        guard head < chunks.count else { return nil }
        let chunk = chunks[head]
        byteCount -= chunk.count
        head += 1
        if head == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64 {
            chunks.removeFirst(head)
            head = 0
        }
        return chunk
    }

    /// Gives a chunk back for use again.
    mutating func recycle(_ chunk: LogChunk) {
        guard spare.count < 4, chunk.capacity == LogChunk.capacity else { return }
        chunk.clear()
        spare.append(chunk)
    }

    /// How many lines were dropped since the last time this was asked.
    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    private mutating func fresh(for size: Int) -> LogChunk {
        if size <= LogChunk.capacity, let chunk = spare.popLast() { return chunk }
        return LogChunk(capacity: max(size, LogChunk.capacity))
    }
}
