/// One thing that is reloaded after a deployed file was replaced: the words of a command.
package struct Reload: Hashable, Sendable, CustomStringConvertible {
    /// As the settings have it: `postfix`, `docker mail postfix`.
    package var text: String
    /// The program and its arguments.
    package var words: [String]

    /// From a setting: `postfix` (`postfix reload`), `dovecot` (`doveadm reload`), `docker CONTAINER postfix`,
    /// `docker CONTAINER dovecot`, `docker CONTAINER COMMAND...`, or any other command; quotes as in a shell. nil where
    /// there is no word, or a quote isn't closed.
    package init?(text: String) {
        guard let words = Self.split(text), let first = words.first else { return nil }
        self.text = text
        if first == "docker", words.count >= 3, !Self.dockerCommands.contains(words[1]) {
            self.words = ["docker", "exec", words[1]] + Self.meaning(Array(words.dropFirst(2)))
        } else {
            self.words = Self.meaning(words)
        }
    }

    /// Words after `docker` that are commands of its and no container's name.
    private static let dockerCommands: Set<String> = [
        "exec", "kill", "restart", "container", "compose", "service", "run", "--context", "-c", "-H", "--host",
    ]

    private static func meaning(_ words: [String]) -> [String] {
        switch words {
        case ["postfix"]: ["postfix", "reload"]
        case ["dovecot"]: ["doveadm", "reload"]
        default: words
        }
    }

    /// Words as a POSIX shell splits them, without its expansions; nil where a quote isn't closed.
    static func split(_ text: String) -> [String]? {
        var (words, word, isOpen): ([String], String, Bool) = ([], "", false)
        var quote: Character?
        var rest = text[...]
        while let next = rest.popFirst() {
            if let open = quote {
                if next == open {
                    quote = nil
                } else if next == "\\", open == "\"", let escaped = rest.popFirst() {
                    if escaped != "\"" && escaped != "\\" { word.append(next) }
                    word.append(escaped)
                } else {
                    word.append(next)
                }
            } else if next == "'" || next == "\"" {
                (quote, isOpen) = (next, true)
            } else if next == "\\" {
                guard let escaped = rest.popFirst() else { return nil }
                word.append(escaped)
                isOpen = true
            } else if next.isWhitespace {
                if isOpen { words.append(word) }
                (word, isOpen) = ("", false)
            } else {
                word.append(next)
                isOpen = true
            }
        }
        guard quote == nil else { return nil }
        return isOpen ? words + [word] : words
    }

    package var description: String { words.joined(separator: " ") }
}
