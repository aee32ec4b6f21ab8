import StewardCore

/// A line that a script wrote: `print`, `logging`, standard error, or an uncaught exception.
package struct ScriptLine: LogEntry {
    /// Where a line came from: a stream, or `logging` with its level.
    package enum Source: UInt8, Sendable {
        case stdout = 0
        case stderr = 1
        case debug = 10
        case info = 20
        case warning = 30
        case error = 40
        case critical = 50

        /// The source that flags of a LOG frame name; unknown ones count as standard output.
        package init(flags: UInt8) {
            self = Source(rawValue: flags) ?? .stdout
        }

        var level: StaticString {
            switch self {
            case .stdout, .stderr, .info: "info"
            case .debug: "debug"
            case .warning: "warning"
            case .error: "error"
            case .critical: "critical"
            }
        }

        var stream: StaticString {
            switch self {
            case .stdout: "stdout"
            case .stderr: "stderr"
            default: "logging"
            }
        }
    }

    /// When the server received it.
    package var time: Timestamp
    /// The request it belongs to; nil when the script wrote outside of a call.
    package var trace: TraceID?
    /// Name of the zone.
    package var zone: String
    /// The script's route, or empty outside of a call.
    package var route: String
    /// Where the line came from.
    package var source: Source
    /// The line, without its line feed; a traceback has several.
    package var message: String
    /// Process id of the worker.
    package var worker: Int32

    /// A line of a script.
    package init(
        time: Timestamp = .now(), trace: TraceID?, zone: String, route: String, source: Source, message: String,
        worker: Int32
    ) {
        self.time = time
        self.trace = trace
        self.zone = zone
        self.route = route
        self.source = source
        self.message = message
        self.worker = worker
    }

    /// Fields: `time`, `level`, `event` (`script`), `trace_id` if there is one, `zone`, `route`, `stream`
    /// (`stdout`, `stderr`, `logging`), `worker`, `message`.
    package func encodeJSON(into line: inout LineBuffer) {
        line.beginJSON(time: time)
        line.field("level", literal: source.level)
        line.field("event", literal: "script")
        if let trace { line.field("trace_id", trace) }
        line.field("zone", zone)
        line.field("route", route)
        line.field("stream", literal: source.stream)
        line.field("worker", Int(worker))
        line.field("message", message)
        line.endJSON()
    }

    /// `2026-11-02T03:04:05.678Z stdout /hello.py: hello (worker=4711 trace=...)`; further lines of a message are
    /// indented.
    package func encodeText(into line: inout LineBuffer, coloured: Bool) {
        line.append(time)
        line.append(UInt8(ascii: " "))
        line.coloured(coloured ? colour : nil) { $0.append(source.rawValue < 10 ? source.stream : source.level) }
        line.append(UInt8(ascii: " "))
        line.appendText(route.isEmpty ? "-" : route)
        line.append(": ")
        line.appendParagraph(message)
        line.coloured(coloured ? .dim : nil) {
            $0.append(" (worker=")
            $0.append(worker)
            if let trace {
                $0.append(" trace=")
                $0.append(trace)
            }
            $0.append(UInt8(ascii: ")"))
        }
        line.append(UInt8(ascii: "\n"))
    }

    private var colour: LineBuffer.Colour? {
        switch source {
        case .stdout, .info: nil
        case .debug: .dim
        case .stderr, .warning: .yellow
        case .error, .critical: .red
        }
    }
}
