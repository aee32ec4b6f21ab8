/// A problem document (RFC 9457) about a kernel: with the compiler's diagnostics where it has some.
public struct ComputeProblem: Codable, Hashable, Sendable {
    /// `about:blank`.
    public var type: String
    /// Short, the same for every problem with this code.
    public var title: String
    /// HTTP status.
    public var status: Int
    /// A closed word for programs: `kernel-compilation`, `kernel-deadline`, `kernel-fault`.
    public var code: String
    /// What happened and what to do next.
    public var detail: String
    /// The compiler's words, in the lines of the source.
    public var diagnostics: [ComputeDiagnostic]
    /// What the kernel printed before it ended; nil where nothing ran.
    public var printed: String?
    /// By which the log is searched; nil on the command line.
    public var traceID: String?

    enum CodingKeys: String, CodingKey {
        case type, title, status, code, detail, diagnostics, printed
        case traceID = "trace_id"
    }

    /// A problem.
    public init(
        code: String, status: Int, title: String, detail: String, diagnostics: [ComputeDiagnostic] = [],
        printed: String? = nil, traceID: String? = nil
    ) {
        type = "about:blank"
        self.title = title
        self.status = status
        self.code = code
        self.detail = detail
        self.diagnostics = diagnostics
        self.printed = printed
        self.traceID = traceID
    }
}

/// One message of a compiler.
public struct ComputeDiagnostic: Codable, Hashable, Sendable {
    /// `error`, `warning` or `note`.
    public var severity: String
    /// The source's name.
    public var file: String
    /// From 1; 0 where none is known.
    public var line: Int
    /// From 1; 0 where none is known.
    public var column: Int
    /// The message.
    public var text: String

    /// All parts.
    public init(severity: String, file: String, line: Int, column: Int, text: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.text = text
    }
}

extension ComputeDiagnostic: CustomStringConvertible {
    /// `file:line:column: severity: text`.
    public var description: String {
        let place = [line, column].prefix { $0 > 0 }.map { ":\($0)" }.joined()
        return "\(file)\(place): \(severity): \(text)"
    }
}
