import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Quarantine {
    /// Takes the lineages of `plan` that lie in this tree away: all of them or none.
    /// - Parameters:
    ///   - plan: The plan.
    ///   - revoke: Revokes a lineage's certificate through certbot, before anything moves; nil to leave that.
    ///   - recheck: Looks at trees and servers again.
    /// - Throws: ``RemovalError``: `changed` with every difference from what the plan saw, `locked` with the holder.
    @discardableResult
    package func prune(
        _ plan: Plan, revoke: ((Lineage) async throws -> Void)? = nil, recheck: () async throws -> Basis,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) -> [Quarantined] {
        guard plan.removals.contains(where: { $0.lineage.tree == tree.path }) else {
            throw RemovalError(.planInvalid, "The plan takes nothing from \(tree.path).")
        }
        guard let session = try await QuarantineSession(self, create: true) else { return [] }
        _ = try await session.recover()
        let basis: Basis
        do { basis = try await recheck() } catch {
            throw RemovalError(.changed, "It can't be found out whether anything has changed since the plan: \(error).")
        }
        try Self.refuse(PlanCheck.changes(plan, tree: tree.path, now: basis))
        if let revoke {
            _ = try unchanged(plan)
            try await self.revoke(plan, basis, revoke)
        }
        let locks = try await session.certbotLocks()
        defer { locks.release() }
        return try session.prune(try unchanged(plan), basis)
    }

    private static func refuse(_ changes: [String]) throws(RemovalError) {
        guard changes.isEmpty else {
            throw RemovalError(
                .changed,
                sentences: ["This has changed since the plan was made; nothing was touched:"] + changes + [
                    "Make a new plan and look at it again."
                ])
        }
    }

    /// The plan's removals from this tree, if every file is as the plan saw it.
    private func unchanged(_ plan: Plan) throws(RemovalError) -> [Plan.Removal] {
        let removals = plan.removals.filter { $0.lineage.tree == tree.path }
        let layout = try TreeLayout(tree)
        var changes: [String] = []
        for removal in removals {
            let name = removal.lineage.name
            do throws(RemovalError) {
                changes += PlanCheck.changes(name, planned: removal.files, found: try layout.files(of: name))
            } catch {
                changes += error.sentences
            }
        }
        if Set(removals.map(\.lineage)).count != removals.count { changes.append("The plan names a lineage twice.") }
        try Self.refuse(changes)
        return removals
    }

    private func revoke(
        _ plan: Plan, _ basis: Basis, _ revoke: (Lineage) async throws -> Void,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) {
        let chosen = Set(plan.removals.map(\.lineage))
        for lineage in basis.inventory.lineages where lineage.tree == tree.path && chosen.contains(lineage.id) {
            do { try await revoke(lineage) } catch {
                throw RemovalError(
                    .revocation, "The certificate of \(lineage.name) was not revoked: \(error).",
                    "Nothing was moved. Run prune without revoking, or again.")
            }
        }
    }
}

extension QuarantineSession {
    /// Moves what `removals` list, which was checked a moment ago, under certbot's locks.
    func prune(_ removals: [Plan.Removal], _ basis: Basis) throws(RemovalError) -> [Quarantined] {
        let items = try within("The prune could not be prepared, and nothing was touched") {
            () throws(CallFailure) in try self.items(removals, basis, try times(of: tree))
        }
        do throws(RemovalError) {
            for item in items { try prepare(item) }
            let moves = try within("The prune could not be prepared, and nothing was touched") {
                () throws(CallFailure) in
                try tree.sync(Quarantine.folder)
                var moves: [JournalRecord.Move] = []
                for item in items { moves += try self.moves(item) }
                return moves
            }
            let intent = JournalRecord(
                id: UUID().uuidString, at: Date(), act: .prune, phase: .intent, items: items.map(\.id), moves: moves,
                times: items.first?.times ?? [])
            try Transaction(tree: tree, journal: journal).run(intent)
        } catch {
            for item in items { clear(item.id) }
            throw error
        }
        return items
    }

    /// What goes, with names in quarantine that are still free.
    private func items(
        _ removals: [Plan.Removal], _ basis: Basis, _ times: [JournalRecord.Time]
    ) throws(CallFailure) -> [Quarantined] {
        var taken = Set(try tree.names(Quarantine.folder).map { String(decoding: $0, as: UTF8.self) })
        let lineages = Dictionary(basis.inventory.lineages.map { ($0.id, $0) }, uniquingKeysWith: { one, _ in one })
        let now = Date()
        return removals.map { removal in
            var number = 0
            var id = Quarantined.id(removal.lineage.name, at: now, number: number)
            while !taken.insert(id).inserted {
                number += 1
                id = Quarantined.id(removal.lineage.name, at: now, number: number)
            }
            return Quarantined(
                id: id, since: now,
                lineage: lineages[removal.lineage] ?? Lineage(name: removal.lineage.name, tree: removal.lineage.tree),
                state: removal.state, successor: removal.successor, reasons: removal.reasons, files: removal.files,
                times: times)
        }
    }

    /// Makes the item's folder and its manifest, both durable.
    private func prepare(_ item: Quarantined) throws(RemovalError) {
        let manifest = try JSONText.encode(item)
        try within("The prune could not be prepared, and nothing was touched") { () throws(CallFailure) in
            try tree.makeFolder(path(item.id))
            try tree.write(manifest, newFile: path(item.id).appending(Array(Quarantined.manifest.utf8)))
            try tree.sync(path(item.id))
        }
    }

    /// The renames that take the item's files into quarantine, the conf first.
    private func moves(_ item: Quarantined) throws(CallFailure) -> [JournalRecord.Move] {
        var moves: [JournalRecord.Move] = []
        for root in item.roots {
            guard let status = try tree.status(root) else { throw CallFailure("find", tree.shown(root), ENOENT) }
            moves.append(
                JournalRecord.Move(
                    from: root, to: Quarantined.place(root, in: path(item.id)), inode: UInt64(status.st_ino),
                    item: item.id))
        }
        return moves
    }

    /// Removes an item's folder that holds nothing any more; where that fails the next run does it.
    func clear(_ item: String) {
        guard let holds = try? QuarantineReader(tree: tree).holdsSomething(path(item)), !holds else { return }
        try? tree.removeAll(path(item))
    }
}

/// Runs `body` and says of its failure what could not be done.
func within<Result>(
    _ what: String, _ body: () throws(CallFailure) -> Result
) throws(RemovalError) -> Result {
    do throws(CallFailure) { return try body() } catch { throw RemovalError(error, what) }
}
