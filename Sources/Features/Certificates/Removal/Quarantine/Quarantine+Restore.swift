import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Quarantine {
    /// Puts a lineage back where it was: every file, owner, mode, time and symlink.
    /// - Parameter name: The lineage's name, or the id of one of several of that name.
    /// - Returns: The lineage, and what is not as it was when it went, in sentences.
    /// - Throws: ``RemovalError``: `notFound`, `ambiguous`, `placeTaken` with what is in the way, `locked`.
    @discardableResult
    package func restore(
        name: String, isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) -> (item: Quarantined, warnings: [String]) {
        guard let session = try await QuarantineSession(self, create: false) else {
            throw RemovalError(.notFound, "Nothing is in quarantine in \(tree.path).")
        }
        _ = try await session.recover()
        let item = try Self.find(name, in: try list(), tree: tree.path)
        let locks = try await session.certbotLocks()
        defer { locks.release() }
        let warnings = try session.restore(item)
        let name = item.lineage.name
        let revoked =
            "The certificate of \(name) is revoked: renew it now (certbot renew --cert-name \(name) --force-renewal)."
        return (item, (item.isRevoked == true ? [revoked] : []) + warnings)
    }

    /// The item that `name` means.
    static func find(_ name: String, in items: [Quarantined], tree: String) throws(RemovalError) -> Quarantined {
        if let item = items.first(where: { $0.id == name }) { return item }
        let found = items.filter { $0.lineage.name == name }
        guard let item = found.first else {
            let names = Set(items.map(\.lineage.name)).sorted()
            throw RemovalError(
                .notFound, "No lineage \(name) is in quarantine in \(tree).",
                names.isEmpty ? "Nothing is in quarantine there." : "There are: \(Wording.list(names)).")
        }
        guard found.count == 1 else {
            throw RemovalError(
                .ambiguous, "\(found.count) lineages called \(name) are in quarantine in \(tree).",
                "Name one by its id: \(found.map(\.id).joined(separator: ", ")).")
        }
        return item
    }
}

extension QuarantineSession {
    /// Moves the item's files back, the conf last: certbot sees the lineage once it is whole.
    func restore(_ item: Quarantined) throws(RemovalError) -> [String] {
        try refuseTakenPlaces(item)
        let last = try journal.read().records.lastTimes
        let (moves, warnings, before) = try within("The restoration could not be prepared, and nothing was touched") {
            () throws(CallFailure) in (try movesBack(item), try differences(item), try times(of: tree))
        }
        let intent = JournalRecord(
            id: UUID().uuidString, at: Date(), act: .restore, phase: .intent, items: [item.id], moves: moves,
            times: before)
        let transaction = Transaction(tree: tree, journal: journal)
        try transaction.run(intent) { () throws(CallFailure) in
            try transaction.set(Self.earlierTimes(item.times, before: before, last: last))
        }
        clear(item.id)
        return warnings
    }

    private func refuseTakenPlaces(_ item: Quarantined) throws(RemovalError) {
        var sentences: [String] = []
        try within("The restoration could not be prepared, and nothing was touched") { () throws(CallFailure) in
            for root in item.roots {
                if let status = try tree.status(root) {
                    let kind = FileIdentity(status).kind.rawValue
                    sentences.append("\(tree.shown(root)) is taken by a \(kind) that came later.")
                } else if try tree.status(root.parent) == nil {
                    sentences.append("The folder \(tree.shown(root.parent)) is missing: make it again.")
                }
            }
        }
        guard sentences.isEmpty else {
            throw RemovalError(
                .placeTaken,
                sentences: ["\(item.lineage.name) was not restored; nothing was touched."] + sentences + [
                    "Plan and prune the newer lineage, or move those files elsewhere; then restore again."
                ])
        }
    }

    private func movesBack(_ item: Quarantined) throws(CallFailure) -> [JournalRecord.Move] {
        var moves: [JournalRecord.Move] = []
        for root in item.roots.reversed() {
            let place = Quarantined.place(root, in: path(item.id))
            guard let status = try tree.status(place) else { continue }
            moves.append(
                JournalRecord.Move(from: place, to: root, inode: UInt64(status.st_ino), item: item.id))
        }
        return moves
    }

    /// What in quarantine is not as it was when it went.
    private func differences(_ item: Quarantined) throws(CallFailure) -> [String] {
        var found: [FileEntry] = []
        for root in item.roots {
            let place = Quarantined.place(root, in: path(item.id))
            found += try tree.entries(place).map { entry in
                FileEntry(
                    path: TreePath(root.bytes + entry.path.bytes.dropFirst(place.bytes.count)), identity: entry.identity
                )
            }
        }
        return PlanCheck.changes(item.lineage.name, planned: item.files, found: found)
    }

    /// The folders' times from before the prune, for those folders that nobody but Steward has changed since.
    private static func earlierTimes(
        _ original: [JournalRecord.Time], before: [JournalRecord.Time], last: [String: FileTime]
    ) -> [JournalRecord.Time] {
        original.compactMap { time in
            guard let now = before.first(where: { $0.folder == time.folder })?.time, last[time.folder] == now else {
                return nil
            }
            return JournalRecord.Time(folder: time.folder, time: min(time.time, now))
        }
    }
}
