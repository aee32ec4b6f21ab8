/// Every finding about certificates that there can be: what the reference is made of.
package enum FindingCatalogue {
    /// One kind of finding.
    package struct Entry: Hashable, Sendable {
        /// Its stable word.
        package var code: String
        /// How bad it is.
        package var severity: Finding.Severity
        /// What it means, in a sentence.
        package var meaning: String
    }

    /// About trees and lineages.
    package static var trees: [Entry] {
        InventoryFinding.allCases.map { Entry(code: $0.rawValue, severity: $0.severity, meaning: $0.meaning) }
    }

    /// About servers' configurations and what they serve.
    package static let servers = [
        Entry(
            code: "missing-file", severity: .problem,
            meaning: "A server's configuration names a certificate or key that does not exist."),
        Entry(
            code: "stale-served", severity: .problem,
            meaning: "A port still serves an older certificate than the newest on disk: the process must be reloaded."),
        Entry(
            code: "stale-copy", severity: .warning,
            meaning: "A copy outside the tree holds an older version than the newest on disk."),
        Entry(
            code: "server-refuses", severity: .note,
            meaning: "A server, asked for its configuration, refuses it; its files were read instead."),
        Entry(
            code: "extra-matches-nothing", severity: .warning,
            meaning: "A pattern of 'certificates.evidence.extra' matches no file."),
        Entry(
            code: "hook-takes-all", severity: .note,
            meaning: "A deploy hook works on whatever lineage was renewed, without naming one."),
    ]

    /// About the quarantine.
    package static let quarantine = [
        Entry(
            code: "quarantined-in-use", severity: .problem, meaning: "Something uses a lineage that is in quarantine."),
        Entry(
            code: "quarantine-damaged", severity: .problem, meaning: "An item in quarantine is not as it was put there."
        ),
        Entry(code: "quarantine-unread", severity: .problem, meaning: "The quarantine could not be read."),
        Entry(
            code: "journal-damaged", severity: .problem, meaning: "The quarantine's journal can't be read to its end."),
        Entry(
            code: "recovery-due", severity: .warning,
            meaning: "A change was interrupted; the next command that writes puts it right."),
    ]
}
