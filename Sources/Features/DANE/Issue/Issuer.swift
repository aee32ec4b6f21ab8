/// Asks the authority, through certbot, for a certificate for a staged key, and makes it the lineage's next version.
package struct Issuer: Sendable {
    /// Why there is no certificate; nothing was changed, or what was begun is finished at the next try.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `issue-failed`, `lineage-unreadable`, `locked`, ...
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String
        /// Whether trying again may help without anybody's doing.
        package var isPassing: Bool

        /// A failure.
        package init(_ code: String, _ text: String, isPassing: Bool = false) {
            self.code = code
            self.text = text
            self.isPassing = isPassing
        }

        package var description: String { text }
    }

    let setup: DeploymentSetup
    /// The deployment's folder.
    let folder: String

    /// Asks for a certificate for the private key in PEM.
    package func issue(_ key: [UInt8]) async throws(Failure) {}
}
