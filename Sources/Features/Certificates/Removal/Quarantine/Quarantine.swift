/// The place in a tree where lineages go that were taken away: `.steward-quarantine` in the tree's own folder, so that
/// moving there is a rename, and out of certbot's sight, which knows `renewal`, `live` and `archive` only.
///
/// Each change is journalled; whatever interrupts it, the next command that writes finds the tree as it was before or
/// finishes the change. One Steward at a time: the folder is locked with flock(2), and certbot's own locks are held
/// while files move.
package struct Quarantine: Sendable {
    /// The folder's name in the tree.
    package static let folderName = ".steward-quarantine"
    static let folder = TreePath(folderName)

    /// The tree.
    package var tree: CertbotTree
    /// Further folders that certbot locks when it works on this tree: its work and log folders, as far as known.
    package var lockedFolders: [String]
    /// How long to wait for locks that others hold.
    package var patience: Duration

    /// The quarantine of `tree`.
    /// - Parameters:
    ///   - tree: The tree.
    ///   - lockedFolders: Certbot's work and log folders, if they are known; ones that don't exist are passed over.
    ///   - patience: How long to wait for locks that others hold.
    package init(tree: CertbotTree, lockedFolders: [String] = [], patience: Duration = .zero) {
        self.tree = tree
        self.lockedFolders = lockedFolders
        self.patience = patience
    }

    /// What is in quarantine, the oldest first, and what is wrong there: interrupted work, damaged manifests.
    /// - Throws: ``RemovalError`` where the folder can't be read.
    package func contents() throws(RemovalError) -> (items: [Quarantined], findings: [Finding]) {
        do throws(CallFailure) {
            let folder = try TreeFolder(path: tree.path)
            guard try folder.status(Self.folder) != nil else { return ([], []) }
            return try QuarantineReader(tree: folder).contents()
        } catch {
            throw RemovalError(error, "The quarantine of \(tree.path) can't be read")
        }
    }

    /// What is in quarantine, the oldest first.
    /// - Throws: ``RemovalError`` where the folder can't be read.
    package func list() throws(RemovalError) -> [Quarantined] { try contents().items }

    /// Finishes or takes back what an earlier run was interrupted in. Every command that writes does this first; a
    /// long-running process does it at its start.
    /// - Throws: ``RemovalError`` where it can't be put right now.
    @discardableResult
    package func recover(isolation: isolated (any Actor)? = #isolation) async throws(RemovalError) -> Recovery {
        guard let session = try await QuarantineSession(self, create: false) else { return Recovery() }
        return try await session.recover()
    }
}

/// What was put right after an interruption.
package struct Recovery: Hashable, Sendable {
    /// What was taken back, finished or cleaned away, in sentences.
    package var done: [String] = []
    /// What could not be, in sentences.
    package var conflicts: [String] = []
}
