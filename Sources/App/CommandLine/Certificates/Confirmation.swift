import Glibc

/// A question with yes or no, asked on a terminal alone.
enum Confirmation {
    /// Returns if the answer is yes.
    /// - Throws: `CommandFailure` if it is no, or where nobody can be asked: `readsInput` says that standard input is taken.
    static func ask(_ question: String, readsInput: Bool = false) throws {
        guard !readsInput, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw CommandFailure(
                "nothing was done: there is no terminal to ask on", hint: "say --yes to go on without asking",
                status: .usage)
        }
        try Output.write(Array("\(question) [y/N] ".utf8)[...], to: STDERR_FILENO)
        let answer = readLine()?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw CommandFailure("nothing was done: the answer was no") }
    }
}
