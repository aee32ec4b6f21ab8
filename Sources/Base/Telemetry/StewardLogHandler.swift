import Logging

/// Brings what swift-log's loggers say into the same log as requests and scripts.
package struct StewardLogHandler: LogHandler {
    /// Its own level if one was set, else the sink's.
    package var logLevel: Logger.Level {
        get { own ?? sink.level }
        set { own = newValue }
    }
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let sink: LogSink
    private var own: Logger.Level?

    /// A handler for the logger `label` that writes to `sink`.
    package init(
        label: String, sink: LogSink, level: Logger.Level? = nil, metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.sink = sink
        own = level
        self.metadataProvider = metadataProvider
    }

    /// Makes `sink` the destination of every logger of this process. Once only, at the start; `LogSink.level` and
    /// `LogSink.replace(_:)` change it later.
    package static func bootstrap(_ sink: LogSink, level: Logger.Level = .info) {
        sink.level = level
        LoggingSystem.bootstrap(
            { StewardLogHandler(label: $0, sink: sink, metadataProvider: $1) }, metadataProvider: nil)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the event. Metadata become fields, sorted by name with `trace_id` first; `event` names the kind.
    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        let kind = all.removeValue(forKey: "event")?.description ?? "log"
        var fields: [(String, LogValue)] = []
        if let trace = all.removeValue(forKey: "trace_id") { fields.append(("trace_id", LogValue(trace))) }
        if let error = event.error { fields.append(("error", .string("\(error)"))) }
        fields += all.sorted { $0.key < $1.key }.map { ($0.key, LogValue($0.value)) }
        sink.write(
            EventLine(
                level: event.level, event: kind, logger: label, message: event.message.description, fields: fields))
    }
}

extension LogValue {
    /// The value of a metadata entry; numbers and truth values keep their type.
    init(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map { LogValue($0) })
        case .dictionary(let entries):
            self = .object(entries.sorted { $0.key < $1.key }.map { ($0.key, LogValue($0.value)) })
        case .stringConvertible(let value):
            switch value {
            case let flag as Bool: self = .boolean(flag)
            case let number as any BinaryInteger:
                self = Int(exactly: number).map { .integer($0) } ?? .string(value.description)
            case let number as Double: self = .number(number)
            case let number as Float: self = .number(Double(number))
            default: self = .string(value.description)
            }
        }
    }
}
