import Glibc
import Logging
import StewardCore

/// A value of a structured field.
package indirect enum LogValue: Sendable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case array([LogValue])
    case object([(String, LogValue)])
}

/// Something that happened in the server itself: what its own loggers say.
package struct EventLine: LogEntry {
    /// When it happened.
    package var time: Timestamp
    /// How serious it is.
    package var level: Logger.Level
    /// A stable word for programs: `log` unless the logger said another.
    package var event: String
    /// The label of the logger.
    package var logger: String
    /// What happened.
    package var message: String
    /// Further fields in their order; `trace_id` is one of them.
    package var fields: [(String, LogValue)]

    /// An event of the server.
    package init(
        time: Timestamp = .now(), level: Logger.Level, event: String = "log", logger: String, message: String,
        fields: [(String, LogValue)] = []
    ) {
        self.time = time
        self.level = level
        self.event = event
        self.logger = logger
        self.message = message
        self.fields = fields
    }

    private static let reserved: Set<String> = ["time", "level", "event", "logger", "message"]

    /// Fields: `time`, `level`, `event`, `logger`, `message`, then the event's own; one of those whose name is
    /// taken already is written as `metadata.NAME`.
    package func encodeJSON(into line: inout LineBuffer) {
        line.beginJSON(time: time)
        line.field("level", level.rawValue)
        line.field("event", event)
        line.field("logger", logger)
        line.field("message", message)
        for (name, value) in fields {
            line.append(UInt8(ascii: ","))
            line.appendJSON(Self.reserved.contains(name) ? "metadata.\(name)" : name)
            line.append(UInt8(ascii: ":"))
            line.appendJSON(value)
        }
        line.endJSON()
    }

    /// `2026-11-02T03:04:05.678Z warning steward.workers: the message (name=value ...)`.
    package func encodeText(into line: inout LineBuffer, coloured: Bool) {
        line.append(time)
        line.append(UInt8(ascii: " "))
        line.coloured(coloured ? colour : nil) { $0.append(verbatim: level.rawValue) }
        line.append(UInt8(ascii: " "))
        line.appendText(logger)
        line.append(": ")
        line.appendParagraph(message)
        if !fields.isEmpty {
            line.coloured(coloured ? .dim : nil) { line in
                line.append(" (")
                for (index, field) in fields.enumerated() {
                    if index > 0 { line.append(UInt8(ascii: " ")) }
                    line.appendText(field.0)
                    line.append(UInt8(ascii: "="))
                    line.appendText(field.1)
                }
                line.append(UInt8(ascii: ")"))
            }
        }
        line.append(UInt8(ascii: "\n"))
    }

    private var colour: LineBuffer.Colour? {
        switch level {
        case .trace, .debug: .dim
        case .info: .cyan
        case .notice: .green
        case .warning: .yellow
        case .error, .critical: .red
        }
    }
}

extension EventLine {
    /// That lines are missing here.
    static func dropped(_ lines: Int, at name: String) -> EventLine {
        EventLine(
            level: .warning, event: "log-dropped", logger: "steward.log",
            message: "\(lines) lines are missing here: \(name) could not be written for a while.",
            fields: [("lines", .integer(lines)), ("destination", .string(name))])
    }

    /// What happened to another destination.
    static func about(_ event: LogWriter.Event, at name: String) -> EventLine {
        switch event {
        case .stalled(let error):
            EventLine(
                level: .error, event: "log-stalled", logger: "steward.log",
                message: "The log can't be written to \(name): \(String(cString: strerror(error))). "
                    + "Steward keeps serving and tries again; the oldest lines go first when too many wait.",
                fields: [("destination", .string(name)), ("errno", .integer(Int(error)))])
        case .resumed(let dropped):
            EventLine(
                level: .notice, event: "log-resumed", logger: "steward.log",
                message: "The log is written to \(name) again; \(dropped) lines are missing there.",
                fields: [("destination", .string(name)), ("lines", .integer(dropped))])
        }
    }
}

extension LineBuffer {
    /// Appends a structured value as JSON.
    mutating func appendJSON(_ value: LogValue) {
        switch value {
        case .string(let text): appendJSON(text)
        case .integer(let number): append(number)
        case .number(let number): appendJSON(number)
        case .boolean(let flag): appendJSON(flag)
        case .array(let values):
            append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                appendJSON(value)
            }
            append(UInt8(ascii: "]"))
        case .object(let fields):
            append(UInt8(ascii: "{"))
            for (index, field) in fields.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                appendJSON(field.0)
                append(UInt8(ascii: ":"))
                appendJSON(field.1)
            }
            append(UInt8(ascii: "}"))
        }
    }

    /// Appends a structured value for a reader: text as it is, lists and objects as JSON.
    mutating func appendText(_ value: LogValue) {
        switch value {
        case .string(let text): appendText(text.isEmpty ? "-" : text)
        default: appendJSON(value)
        }
    }
}
