/// Why the state database can't be used, in a sentence with the way out.
package struct StateDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The closed set of reasons.
    package enum Code: String, Hashable, Sendable {
        case notWritable = "state-not-writable"
        case corrupt = "state-corrupt"
        case newer = "state-newer"
        case locked = "state-locked"
        case full = "state-full"
        case failed = "state-failed"
    }

    /// The reason.
    package var code: Code
    /// The database file.
    package var path: String
    /// What is wrong and what to do.
    package var message: String
    /// What SQLite or the system said.
    package var cause: String?

    /// `message (cause)`.
    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
