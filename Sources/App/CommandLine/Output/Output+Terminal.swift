import Foundation
import Glibc

extension Output {
    /// Replaces the line of progress on a terminal's standard error; an empty one clears it.
    static func progress(_ text: String) {
        let columns = max(20, (columns ?? 80) - 1)
        let shown = text.count > columns ? text.prefix(columns - 1) + "…" : text[...]
        try? write(Array("\r\u{1b}[K\(shown)".utf8)[...], to: STDERR_FILENO)
    }

    /// Writes a file whole.
    /// - Throws: `CommandFailure` with the reason.
    static func file(_ path: String, _ text: String) throws {
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
            throw CommandFailure("can't write \(path): \(FileReason.of(error))")
        }
    }
}
