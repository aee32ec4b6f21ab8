import Glibc
import Synchronization

/// One destination with its queue and the thread that empties it, so that a terminal that stands still
/// does not hold up the file.
///
/// The thread sleeps while nothing waits, and 5 ms after the first line: under load it wakes about 200 times
/// a second, whatever the rate of lines.
final class LogWriter: @unchecked Sendable {
    /// What happens to the destination, for the others to tell.
    enum Event {
        /// Writing stopped working with this `errno`.
        case stalled(Int32)
        /// Writing works again; so many lines were dropped meanwhile.
        case resumed(dropped: Int)
    }

    static let coalescing: Int64 = 5_000

    let format: LogFormat
    let name: String
    private let output: any LogOutput
    private let retryInterval: Int64
    private let onEvent: @Sendable (Event, LogWriter) -> Void
    private let totalDropped = Atomic<Int>(0)

    // Everything below belongs to whoever holds the monitor.
    private let monitor = Monitor()
    private var queue: ChunkQueue
    private var appended: UInt64 = 0
    private var finished: UInt64 = 0
    private var isIdle = false
    private var hurry = false
    private var isClosing = false
    private var hasEnded = false

    init(
        output: any LogOutput, format: LogFormat, limit: Int, retryInterval: Int64,
        onEvent: @escaping @Sendable (Event, LogWriter) -> Void
    ) {
        self.output = output
        self.format = format
        self.retryInterval = retryInterval
        self.onEvent = onEvent
        name = output.name
        queue = ChunkQueue(limit: limit)
    }

    deinit { monitor.destroy() }

    /// Lines that could not be written since the start.
    var dropped: Int { totalDropped.load(ordering: .relaxed) }

    /// Takes one line. Never waits for the destination.
    func append(_ line: UnsafeBufferPointer<UInt8>) {
        monitor.lock()
        guard !isClosing else { return monitor.unlock() }
        let droppedBefore = queue.dropped
        queue.append(line)
        appended += 1
        let newlyDropped = queue.dropped - droppedBefore
        finished += UInt64(newlyDropped)
        let wake = isIdle || (queue.isFilling && !hurry)
        isIdle = false
        if queue.isFilling { hurry = true }
        monitor.unlock()
        if newlyDropped > 0 { totalDropped.add(newlyDropped, ordering: .relaxed) }
        if wake { monitor.broadcast() }
    }

    /// Waits until every line that was appended before is written or dropped; false after `timeout` microseconds.
    func flush(timeout: Int64) -> Bool {
        let deadline = monotonicMicroseconds() + timeout
        monitor.lock()
        defer { monitor.unlock() }
        let target = appended
        hurry = true
        monitor.broadcast()
        while finished < target, !hasEnded {
            if !monitor.wait(until: deadline) { return finished >= target }
        }
        return finished >= target
    }

    /// Writes what waits and ends the thread, which nobody waits for.
    func closeLater() {
        monitor.lock()
        isClosing = true
        monitor.broadcast()
        monitor.unlock()
    }

    /// Writes what waits and ends the thread; gives up after `timeout` microseconds.
    func close(timeout: Int64) -> Bool {
        let isFlushed = flush(timeout: timeout)
        monitor.lock()
        isClosing = true
        monitor.broadcast()
        monitor.unlock()
        return isFlushed
    }
}

// The writer's thread.
extension LogWriter {
    /// Starts the thread; it keeps the writer alive until `close`.
    func start() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                let writer = Unmanaged<LogWriter>.fromOpaque(context!).takeRetainedValue()
                writer.run()
                return nil
            }, context)
        precondition(result == 0, "no thread for the log: \(String(cString: strerror(result)))")
        pthread_detach(thread)
    }

    private func run() {
        // A reader that went away or a file-size limit must come back as an errno, and signals meant for
        // the process must find another thread.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while var remaining = waitForLines() {
            while remaining > 0, let chunk = pop() {
                let lines = chunk.lines
                let isWritten = write(chunk)
                finish(chunk, lines: lines)
                if !isWritten { abandon() }
                remaining -= 1
            }
        }
        monitor.lock()
        hasEnded = true
        monitor.broadcast()
        monitor.unlock()
    }

    /// Sleeps until lines wait, then 5 ms more; how many chunks there are, or nil when it is time to end.
    private func waitForLines() -> Int? {
        monitor.lock()
        defer { monitor.unlock() }
        while queue.isEmpty {
            if isClosing { return nil }
            isIdle = true
            monitor.wait()
        }
        isIdle = false
        let deadline = monotonicMicroseconds() + Self.coalescing
        while !hurry, !isClosing, monitor.wait(until: deadline) {}
        hurry = false
        return queue.chunkCount
    }

    private func pop() -> LogChunk? {
        monitor.lock()
        defer { monitor.unlock() }
        return queue.pop()
    }

    private func finish(_ chunk: LogChunk, lines: Int) {
        monitor.lock()
        finished += UInt64(lines)
        queue.recycle(chunk)
        monitor.broadcast()
        monitor.unlock()
    }

    /// Writes all of `chunk`, as long as it takes; false if the destination is gone for good.
    private func write(_ chunk: LogChunk) -> Bool {
        var offset = 0
        var hasFailed = false
        while offset < chunk.count {
            let rest = UnsafeRawBufferPointer(start: chunk.storage + offset, count: chunk.count - offset)
            switch output.write(rest) {
            case .wrote(let count): offset += count
            case .restartLine: offset = chunk.lineStart(at: offset)
            case .gone:
                lose(chunk.lines(from: offset))
                return false
            case .failed(let error):
                if !hasFailed { onEvent(.stalled(error), self) }
                hasFailed = true
                if !pause() {
                    lose(chunk.lines(from: offset))
                    return true
                }
            }
        }
        if hasFailed { resume() }
        return true
    }

    /// Sleeps before the next attempt; false if the log is closing.
    private func pause() -> Bool {
        let deadline = monotonicMicroseconds() + retryInterval
        monitor.lock()
        defer { monitor.unlock() }
        while !isClosing, monitor.wait(until: deadline) {}
        return !isClosing
    }

    /// Writes what became of the lines between the chunk just written and the next one.
    private func resume() {
        monitor.lock()
        let dropped = queue.takeDropped()
        monitor.unlock()
        onEvent(.resumed(dropped: dropped), self)
        guard dropped > 0 else { return }
        var line = LineBuffer()
        EventLine.dropped(dropped, at: name).encode(format, into: &line)
        let chunk = LogChunk()
        line.withBytes { chunk.append($0) }
        _ = write(chunk)
    }

    private func lose(_ lines: Int) {
        totalDropped.add(lines, ordering: .relaxed)
    }

    /// Nobody reads any more: ends with everything that waits uncounted for `flush`.
    private func abandon() {
        monitor.lock()
        isClosing = true
        while let chunk = queue.pop() {
            totalDropped.add(chunk.lines, ordering: .relaxed)
            finished += UInt64(chunk.lines)
        }
        monitor.unlock()
    }
}
