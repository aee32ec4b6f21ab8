/// What went wrong, for whoever asked: an RFC 9457 problem document without its HTTP clothes.
/// Every surface (HTTP, command line, log) tells the same problem with the same `code`.
public struct Problem: Error, Hashable, Sendable {
    /// A closed, stable word for programs: `no-route`, `key-required`, `body-too-large`.
    public var code: String
    /// HTTP status that fits (RFC 9110, section 15).
    public var status: Int
    /// Short, the same for every problem with this code.
    public var title: String
    /// What happened this time and what to do next; a full sentence.
    public var detail: String?

    /// A problem; `code` is its stable word, `status` the HTTP status that fits.
    public init(_ code: String, status: Int, title: String, detail: String? = nil) {
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
    }
}

extension Problem: CustomStringConvertible {
    /// `code: title. detail`
    public var description: String { "\(code): \(title)." + (detail.map { " \($0)" } ?? "") }
}
