/// How a destination wants its lines.
package enum LogFormat: Hashable, Sendable {
    /// One JSON object a line.
    case json
    /// One readable line; `coloured` adds colours, which never carry meaning alone.
    case text(coloured: Bool)
}

/// Something that can be written as one line of the log. It encodes itself once for each format that
/// a destination asks for; encoding must not log.
package protocol LogEntry: Sendable {
    /// Appends one JSON object and a line feed.
    func encodeJSON(into line: inout LineBuffer)
    /// Appends the readable form and a line feed.
    func encodeText(into line: inout LineBuffer, coloured: Bool)
}

extension LogEntry {
    /// Appends the entry in `format`.
    func encode(_ format: LogFormat, into line: inout LineBuffer) {
        switch format {
        case .json: encodeJSON(into: &line)
        case .text(let coloured): encodeText(into: &line, coloured: coloured)
        }
    }
}
