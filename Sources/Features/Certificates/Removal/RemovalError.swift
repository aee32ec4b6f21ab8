/// Why a plan, a removal, a restoration or a purge did not happen.
package struct RemovalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A closed, stable word for programs.
    package enum Code: String, Hashable, Sendable, Codable {
        /// The plan file can't be read; the text names the line.
        case planInvalid = "plan-invalid"
        /// Something differs from what the plan saw.
        case changed
        /// Another certbot or Steward is at work.
        case locked
        /// Something is already where a file should go back to.
        case placeTaken = "place-taken"
        /// No lineage of that name is in quarantine.
        case notFound = "not-found"
        /// Several lineages in quarantine have that name.
        case ambiguous
        /// The tree or a folder of it isn't as it must be.
        case tree
        /// The system refused: no space, no permission, an I/O error. Everything is as before.
        case system
        /// The journal can't be read.
        case journalDamaged = "journal-damaged"
        /// An earlier interruption could not be put right.
        case recovery
        /// Revoking failed before anything was moved.
        case revocation
    }

    /// The stable word.
    package var code: Code
    /// What is wrong, where, and what to do, in sentences.
    package var sentences: [String]

    /// An error that says `sentences`.
    package init(_ code: Code, _ sentences: String...) { self.init(code, sentences: sentences) }

    /// An error that says `sentences`.
    package init(_ code: Code, sentences: [String]) {
        self.code = code
        self.sentences = sentences
    }

    /// All sentences, each on a line of its own.
    package var description: String { sentences.joined(separator: "\n") }

    init(_ failure: CallFailure, _ what: String) {
        self.init(.system, sentences: ["\(what): \(failure)."] + Self.wayOut(failure.number))
    }

    private static func wayOut(_ number: Int32) -> [String] {
        switch number {
        case 28, 122: ["Make room on the file system, then run this again."]
        case 1, 13: ["Run this as root, or through `steward helper`."]
        case 30: ["The file system is mounted read-only: remount it for writing, then run this again."]
        case 5: ["The disk failed: look at the kernel's log (dmesg) before anything else."]
        case 18: ["The folders lie on different file systems; quarantine works within one. Remove this one by hand."]
        default: []
        }
    }
}
