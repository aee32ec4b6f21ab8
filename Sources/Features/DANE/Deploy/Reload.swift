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
        self.text = text
        words = [text]
    }

    package var description: String { words.joined(separator: " ") }
}
