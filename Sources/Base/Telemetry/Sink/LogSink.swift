import Glibc
import Logging
import Synchronization

/// Where every line of the log goes: standard output, a file, or both, each in its own format.
///
/// `write` encodes the entry on the calling thread and leaves it in a queue: it never waits for a disk or
/// a terminal. When a destination can't be written, the oldest lines beyond a bound are dropped, counted and
/// reported in the log once it works again.
package final class LogSink: Sendable {
    /// A place that lines are written to.
    package struct Destination: Sendable, Hashable {
        enum Place: Sendable, Hashable {
            case descriptor(Int32, name: String)
            case file(path: String, limit: Int, keep: Int, checkInterval: Int64)
        }
        let place: Place
        let format: LogFormat

        /// Standard output. `format` nil: readable if it is a terminal, else JSON; colours only on a terminal
        /// and only while `NO_COLOR` is not set.
        package static func standardOutput(_ format: LogFormat? = nil) -> Destination {
            Destination(place: .descriptor(1, name: "standard output"), format: format ?? automatic(for: 1))
        }

        /// An open descriptor, which stays the caller's.
        package static func descriptor(_ descriptor: Int32, name: String, format: LogFormat) -> Destination {
            Destination(place: .descriptor(descriptor, name: name), format: format)
        }

        /// A file of JSON lines that is renamed to `.1` when it would grow over `limit` bytes (0: never); `keep`
        /// older files stay. `checkInterval`, in microseconds, is how often at most it is looked at whether
        /// somebody renamed or deleted the file.
        package static func file(
            _ path: String, limit: Int = 64 << 20, keep: Int = 5, checkInterval: Int64 = 1_000_000
        ) -> Destination {
            Destination(
                place: .file(path: path, limit: limit, keep: keep, checkInterval: checkInterval), format: .json)
        }

        /// The format that suits `descriptor`: readable for a terminal, JSON for anything else.
        package static func automatic(for descriptor: Int32) -> LogFormat {
            guard isatty(descriptor) == 1 else { return .json }
            return .text(coloured: getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
        }

        var output: any LogOutput {
            switch place {
            case .descriptor(let descriptor, let name): DescriptorOutput(descriptor: descriptor, name: name)
            case .file(let path, let limit, let keep, let interval):
                RotatingFile(path: path, limit: limit, keep: keep, checkInterval: interval)
            }
        }
    }

    private struct Open {
        let destination: Destination
        let writer: LogWriter
    }

    private let opened: Mutex<[Open]>
    private let neighbours = Neighbours()
    private let pendingLimit: Int
    private let retryInterval: Int64
    private let leastLevel = Atomic<UInt8>(2)

    private var writers: [LogWriter] { opened.withLock { $0.map(\.writer) } }

    /// The least level that loggers without one of their own write.
    package var level: Logger.Level {
        get { Logger.Level.allCases[Int(leastLevel.load(ordering: .relaxed))] }
        set {
            let index = Logger.Level.allCases.firstIndex(of: newValue) ?? 0
            leastLevel.store(UInt8(index), ordering: .relaxed)
        }
    }

    /// Opens the log. `pendingLimit` bounds the bytes that wait for each destination; `retryInterval`, in
    /// microseconds, is the pause between attempts on one that can't be written.
    package init(
        _ destinations: [Destination], pendingLimit: Int = 8 << 20, retryInterval: Int64 = 1_000_000
    ) {
        self.pendingLimit = pendingLimit
        self.retryInterval = retryInterval
        opened = Mutex([])
        replace(destinations)
    }

    /// From now on the log goes to these places. Those that stay go on with what waits for them; those that are given up
    /// are flushed and closed by a thread of their own.
    package func replace(_ destinations: [Destination]) {
        let closed = opened.withLock { opened in
            let before = opened
            opened = destinations.map { place in before.first { $0.destination == place } ?? open(place) }
            neighbours.writers.withLock { $0 = opened.map { Neighbours.Weak(writer: $0.writer) } }
            let kept = opened.map { ObjectIdentifier($0.writer) }
            return before.map(\.writer).filter { !kept.contains(ObjectIdentifier($0)) }
        }
        for writer in closed { writer.closeLater() }
    }

    private func open(_ destination: Destination) -> Open {
        let writer = LogWriter(
            output: destination.output, format: destination.format, limit: pendingLimit, retryInterval: retryInterval
        ) { [neighbours] in neighbours.tell($0, about: $1) }
        writer.start()
        return Open(destination: destination, writer: writer)
    }

    deinit {
        for writer in writers { _ = writer.close(timeout: 0) }
    }

    /// How many lines each destination could not be given since the start.
    package var droppedLines: [(destination: String, lines: Int)] { writers.map { ($0.name, $0.dropped) } }

    /// Writes `entry` to every destination.
    package func write(_ entry: some LogEntry) {
        let scratch = ScratchLine.ofThisThread
        var encoded: LogFormat?
        // Within the lock: a destination that is given up meanwhile would lose the line.
        opened.withLock { places in
            for place in places {
                if encoded != place.writer.format {
                    scratch.line.clear()
                    entry.encode(place.writer.format, into: &scratch.line)
                    encoded = place.writer.format
                }
                scratch.line.withBytes { place.writer.append($0) }
            }
        }
    }

    /// Waits until what was written so far has reached its destinations; false if that took longer than
    /// `timeout` microseconds for one of them.
    @discardableResult
    package func flush(timeout: Int64 = 2_000_000) -> Bool {
        writers.map { $0.flush(timeout: timeout) }.allSatisfy { $0 }
    }

    /// Flushes, then ends the threads; later lines are ignored.
    @discardableResult
    package func close(timeout: Int64 = 2_000_000) -> Bool {
        writers.map { $0.close(timeout: timeout) }.allSatisfy { $0 }
    }
}

extension MetricsRegistry {
    /// Adds how many lines of the log were dropped.
    package func observe(_ sink: LogSink) {
        observe(
            counters: "steward_log_dropped_lines_total", help: "Lines of the log that could not be written.",
            labels: ["destination"]
        ) { [weak sink] in
            sink?.droppedLines.map { ([$0.destination], Double($0.lines)) } ?? []
        }
    }
}

/// Tells the other destinations when one of them stalls.
private final class Neighbours: Sendable {
    struct Weak {
        weak var writer: LogWriter?
    }

    let writers = Mutex<[Weak]>([])

    func tell(_ event: LogWriter.Event, about writer: LogWriter) {
        var line = LineBuffer()
        let others = writers.withLock { $0.compactMap(\.writer) }
        for other in others where other !== writer {
            line.clear()
            EventLine.about(event, at: writer.name).encode(other.format, into: &line)
            line.withBytes { other.append($0) }
        }
    }
}

/// The buffer that a thread builds its lines in.
private final class ScratchLine {
    var line = LineBuffer(capacity: 4096)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { Unmanaged<ScratchLine>.fromOpaque($0!).release() }
        return key
    }()

    static var ofThisThread: ScratchLine {
        if let known = pthread_getspecific(key) {
            return Unmanaged<ScratchLine>.fromOpaque(known).takeUnretainedValue()
        }
        let scratch = ScratchLine()
        pthread_setspecific(key, Unmanaged.passRetained(scratch).toOpaque())
        return scratch
    }
}
