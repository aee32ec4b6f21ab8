/// Steward's deploy hook in one certbot tree: a script in `renewal-hooks/deploy` that wakes the loop after a renewal.
/// The loop finds renewals without it too, only later. It never fails certbot.
package struct CertbotHook: Hashable, Sendable {
    /// The script's name in `renewal-hooks/deploy`.
    package static let fileName = "steward-dane"

    /// certbot's configuration folder.
    package var tree: String
    /// The file that the script touches: the loop of this state folder sees it.
    package var signal: String

    /// What is there.
    package enum State: Hashable, Sendable {
        /// No such file.
        case absent
        /// Steward's script, as this version writes it.
        case installed
        /// Steward's script of another version or for another folder.
        case outdated
        /// A file of the same name that Steward did not write.
        case foreign
        /// It can't be seen; why.
        case unreadable(String)
    }

    /// Why the hook was not installed or removed; nothing was changed.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `foreign`, `no-tree`, `system`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String

        package var description: String { text }
    }

    /// The hook in `tree` that wakes the loop whose state lies in `daneFolder`.
    package init(tree: String, daneFolder: String) {
        self.tree = tree
        signal = "\(daneFolder)/renewed"
    }

    /// Where the script is or would be.
    package var path: String { "\(tree)/renewal-hooks/deploy/\(Self.fileName)" }

    /// What is there.
    package func state() -> State { .absent }

    /// Writes the script; whether anything had to be changed.
    /// - Throws: ``Failure``: `foreign` where a file of the name is there that Steward did not write.
    @discardableResult
    package func install() throws(Failure) -> Bool { false }

    /// Removes the script; whether there was one.
    /// - Throws: ``Failure``: `foreign` where the file is not Steward's.
    @discardableResult
    package func remove() throws(Failure) -> Bool { false }
}
