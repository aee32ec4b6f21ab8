import StewardCore
import StewardSettings

/// What a command failed with: sentences on standard error, a hint on its own line, an exit code.
struct CommandFailure: Error, CustomStringConvertible {
    /// What is wrong, a sentence each.
    let lines: [String]
    /// What to do about it.
    let hint: String?
    /// The exit code.
    let status: ExitStatus

    init(lines: [String], hint: String? = nil, status: ExitStatus = .failure) {
        self.lines = lines
        self.hint = hint
        self.status = status
    }

    init(_ line: String, hint: String? = nil, status: ExitStatus = .failure) {
        self.init(lines: [line], hint: hint, status: status)
    }

    init(_ problem: Problem) { self.init(problem.detail ?? problem.title) }

    init(_ error: SettingsError) { self.init(lines: error.diagnostics.map(\.description)) }

    /// As it stands on standard error.
    var description: String {
        (lines.map { "error: \($0)" } + [hint].compactMap { $0 }.map { "hint: \($0)" }).joined(separator: "\n")
    }
}
