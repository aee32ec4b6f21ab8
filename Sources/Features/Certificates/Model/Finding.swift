/// One thing that is wrong or worth knowing, with the way out.
package struct Finding: Hashable, Sendable, Codable {
    /// How bad it is.
    package enum Severity: String, Hashable, Sendable, Codable, Comparable {
        /// Worth knowing.
        case note
        /// Will hurt some day.
        case warning
        /// Hurts now.
        case problem

        private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
        package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }
    }

    /// A stable word for programs: `conf-unparsable`, `key-mismatch`. The reference lists all of them.
    package var code: String
    /// How bad it is.
    package var severity: Severity
    /// What is wrong, where, and what to do: whole sentences.
    package var text: String
    /// The file or folder that it is about, absolute.
    package var path: String?

    /// A finding; `code` is its stable word.
    package init(_ code: String, _ severity: Severity, _ text: String, path: String? = nil) {
        self.code = code
        self.severity = severity
        self.text = text
        self.path = path
    }
}

/// A place that could not be read, and why: whatever is there may be in use.
package struct UnreadPlace: Hashable, Sendable, Codable {
    /// The file, folder, address or program.
    package var place: String
    /// Why: the system's or the program's words, and what would make it readable.
    package var reason: String
    /// Whether something that uses a certificate can be there; false for logs and the like.
    package var mayHoldUse: Bool

    /// A place and the reason.
    package init(_ place: String, reason: String, mayHoldUse: Bool = true) {
        self.place = place
        self.reason = reason
        self.mayHoldUse = mayHoldUse
    }
}

/// Files in a tree that belong to no lineage.
package struct Orphan: Hashable, Sendable, Codable {
    /// The file or folder, absolute.
    package var path: String
    /// What it is: `archive`, `live`, `key`, `csr`, `file`.
    package var kind: String
    /// What is known about it and what to do with it.
    package var finding: Finding
    /// The lineage under whose name the same files are judged and taken away: folders in `archive/` and `live/` that no
    /// conf knows. nil for everything else.
    package var lineage: String?

    /// All facts.
    package init(path: String, kind: String, finding: Finding, lineage: String? = nil) {
        self.path = path
        self.kind = kind
        self.finding = finding
        self.lineage = lineage
    }
}
