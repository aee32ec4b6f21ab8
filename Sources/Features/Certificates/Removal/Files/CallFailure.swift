import Glibc

/// A system call that failed, on what, and why.
struct CallFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was done, as words that the path follows: `rename`.
    var act: String
    /// The file.
    var path: String
    /// errno(3).
    var number: Int32

    init(_ act: String, _ path: some CustomStringConvertible, _ number: Int32 = errno) {
        self.act = act
        self.path = path.description
        self.number = number
    }

    /// The system's words for the error.
    var reason: String { String(cString: strerror(number)) }

    var description: String { "cannot \(act) \(path): \(reason)" }
}
