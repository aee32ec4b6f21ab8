import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A quarantine that this process alone may change, until the session is gone.
final class QuarantineSession {
    /// What a folder is called from the moment that it is lost to a purge.
    static let deleting = "deleting."

    let quarantine: Quarantine
    let tree: TreeFolder
    let journal: Journal
    private let lock: Int32

    /// Opens and locks the quarantine; nil where there is none and none is to be made.
    init?(
        _ quarantine: Quarantine, create: Bool, isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) {
        self.quarantine = quarantine
        do throws(CallFailure) {
            tree = try TreeFolder(path: quarantine.tree.path)
            journal = Journal(tree)
            if try tree.status(Quarantine.folder) == nil {
                guard create else { return nil }
                if try tree.makeFolder(Quarantine.folder) { try tree.sync() }
            }
            lock = try tree.open(Quarantine.folder, O_RDONLY | O_DIRECTORY)
        } catch {
            throw RemovalError(error, "The quarantine can't be opened")
        }
        let deadline = ContinuousClock.now + quarantine.patience
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                throw RemovalError(
                    .locked, "Another Steward is changing \(quarantine.tree.path) right now.",
                    "That takes seconds: try again, or give a time to wait.")
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    deinit { if lock >= 0 { close(lock) } }

    /// Certbot's locks, taken as certbot takes them.
    func certbotLocks(isolation: isolated (any Actor)? = #isolation) async throws(RemovalError) -> CertbotLocks {
        try await CertbotLocks(
            folders: [quarantine.tree.path] + quarantine.lockedFolders, patience: quarantine.patience)
    }

    func path(_ item: String) -> TreePath { Quarantine.folder.appending(Array(item.utf8)) }

    /// Puts right what was interrupted.
    func recover(isolation: isolated (any Actor)? = #isolation) async throws(RemovalError) -> Recovery {
        let content = try journal.read()
        var recovery = Recovery()
        let interrupted = content.records.interrupted
        if !interrupted.isEmpty {
            let locks = try await certbotLocks()
            defer { locks.release() }
            for intent in interrupted.reversed() { try settle(intent, &recovery) }
        }
        do throws(CallFailure) {
            try journal.tidy(content)
            try sweep(&recovery)
        } catch {
            throw RemovalError(error, "Leftovers of an earlier run can't be cleaned away")
        }
        return recovery
    }

    private func settle(_ intent: JournalRecord, _ recovery: inout Recovery) throws(RemovalError) {
        let names = Wording.list(intent.items)
        do throws(CallFailure) {
            if intent.act == .purge {
                try delete(intent.items)
                recovery.done.append("The interrupted purge of \(names) was finished.")
            } else {
                let conflicts = try Transaction(tree: tree, journal: journal).undo(intent)
                recovery.conflicts += conflicts
                if conflicts.isEmpty {
                    recovery.done.append("The interrupted \(intent.act.rawValue) of \(names) was taken back.")
                }
            }
        } catch {
            throw RemovalError(
                .recovery, "An earlier \(intent.act.rawValue) was interrupted and can't be put right: \(error).",
                "Mend that, then run any command that writes again; nothing is lost.")
        }
        try journal.tidyAndAppend(intent.outcome(intent.act == .purge ? .done : .undone))
    }

    /// Deletes items for good. Each is renamed first: what carries the new name is never taken for an item again.
    func delete(_ items: [String]) throws(CallFailure) {
        for item in items where try tree.status(path(item)) != nil {
            try tree.move(path(item), to: path(Self.deleting + item))
        }
        try tree.sync(Quarantine.folder)
        for item in items { try tree.removeAll(path(Self.deleting + item)) }
        try tree.sync(Quarantine.folder)
    }

    /// Removes folders that were prepared and never filled, or emptied, and what a purge left.
    private func sweep(_ recovery: inout Recovery) throws(CallFailure) {
        for name in try tree.names(Quarantine.folder) {
            let path = Quarantine.folder.appending(name)
            let text = String(decoding: name, as: UTF8.self)
            if text.hasPrefix(Self.deleting) {
                try tree.removeAll(path)
                recovery.done.append("\(text.dropFirst(Self.deleting.count)) was deleted for good.")
            } else if try isHusk(path) {
                try tree.removeAll(path)
            }
        }
    }

    /// Whether the item's folder holds nothing but a manifest, whole or not.
    private func isHusk(_ path: TreePath) throws(CallFailure) -> Bool {
        guard let status = try tree.status(path), status.st_mode & S_IFMT == S_IFDIR else { return false }
        return try tree.names(path).allSatisfy { $0.elementsEqual(Quarantined.manifest.utf8) }
    }
}

extension Journal {
    /// Appends after cutting off what a torn append left.
    func tidyAndAppend(_ record: JournalRecord) throws(RemovalError) {
        let content = try read()
        do throws(CallFailure) { if content.isTorn { try tidy(content) } } catch {
            throw RemovalError(error, "The journal can't be written")
        }
        try append(record)
    }
}
