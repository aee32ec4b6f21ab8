/// Everything that keeps the section `dane` from being used, all at once.
package struct DANESetupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Problem: Hashable, Sendable {
        /// Where in the settings: `dane.deployments[0].services[1]`.
        package var field: String
        /// What is wrong and what to do: whole sentences.
        package var text: String

        /// A problem.
        package init(_ field: String, _ text: String) {
            self.field = field
            self.text = text
        }
    }

    /// All that is wrong, in the settings' order.
    package var problems: [Problem]

    /// An error with these.
    package init(_ problems: [Problem]) { self.problems = problems }

    /// Each problem on a line of its own.
    package var description: String { problems.map { "\($0.field): \($0.text)" }.joined(separator: "\n") }
}

/// Why what was asked for by command was not done; nothing was changed.
package struct DANERefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word: `no-deployment`, `busy`, `state-unreadable`, `state-unwritable`, ...
    package var code: String
    /// What is wrong and what to do: whole sentences.
    package var text: String

    /// A refusal.
    package init(_ code: String, _ text: String) {
        self.code = code
        self.text = text
    }

    package var description: String { text }
}
