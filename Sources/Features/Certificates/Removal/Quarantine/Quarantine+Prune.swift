import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Quarantine {
    /// Takes the lineages of `plan` that lie in this tree away: all of them or none, but for those that could not be
    /// revoked.
    /// - Parameters:
    ///   - plan: The plan.
    ///   - revoke: Revokes a lineage's certificate through certbot, before anything moves and while certbot's locks are
    ///     free for it; nil to leave that. A lineage for which it fails stays where it is.
    ///   - recheck: Looks at trees and servers again.
    /// - Throws: ``RemovalError``: `changed` with every difference from what the plan saw, `locked` with the holder.
    @discardableResult
    package func prune(
        _ plan: Plan, revoke: ((Lineage) async -> Revocation)? = nil, recheck: () async throws -> Basis,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) -> [Quarantined] {
        guard plan.removals.contains(where: { $0.lineage.tree == tree.path }) else {
            throw RemovalError(.planInvalid, "The plan takes nothing from \(tree.path).")
        }
        guard let session = try await QuarantineSession(self, create: true) else { return [] }
        _ = try await session.recover()
        let basis = try await look(recheck)
        try Self.refuse(PlanCheck.changes(plan, tree: tree.path, now: basis))
        guard let revoke else {
            let locks = try await session.certbotLocks()
            defer { locks.release() }
            return try session.prune(try unchanged(plan), basis)
        }
        _ = try unchanged(plan)
        // Where certbot is at work, that is to be found out before anything is revoked.
        try await session.certbotLocks().release()
        let outcomes = try await self.revoke(plan, basis, revoke)
        do throws(RemovalError) {
            try Self.refuse(PlanCheck.changes(plan, tree: tree.path, now: try await look(recheck)))
            let locks = try await session.certbotLocks()
            defer { locks.release() }
            let removals = try unchanged(plan).filter { outcomes[$0.lineage]?.goes == true }
            return try session.prune(removals, basis, revoked: Set(outcomes.filter { $0.value == .revoked }.keys))
        } catch {
            throw Self.error(error, after: outcomes)
        }
    }

    private func look(
        _ recheck: () async throws -> Basis, isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) -> Basis {
        do { return try await recheck() } catch {
            throw RemovalError(.changed, "It can't be found out whether anything has changed since the plan: \(error).")
        }
    }

    /// `error`, and what had been revoked before it.
    private static func error(_ error: RemovalError, after outcomes: [Lineage.ID: Revocation]) -> RemovalError {
        let names = outcomes.filter { $0.value == .revoked }.map(\.key.name).sorted()
        guard !names.isEmpty else { return error }
        return RemovalError(
            error.code,
            sentences: error.sentences + ["Revoked before that, for good: \(names.joined(separator: ", "))."])
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

    /// What came of revoking each lineage that goes from this tree.
    /// - Throws: ``RemovalError`` `revocation` where none is left that may go.
    private func revoke(
        _ plan: Plan, _ basis: Basis, _ revoke: (Lineage) async -> Revocation,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) -> [Lineage.ID: Revocation] {
        let chosen = Set(plan.removals.map(\.lineage))
        let staying = basis.inventory.lineages.filter { !chosen.contains($0.id) }
        var outcomes: [Lineage.ID: Revocation] = [:]
        for lineage in basis.inventory.lineages where lineage.tree == tree.path && chosen.contains(lineage.id) {
            if let obstacle = Revocation.obstacle(lineage, staying: staying, now: basis.at) {
                outcomes[lineage.id] = .skipped(obstacle)
            } else {
                outcomes[lineage.id] = await revoke(lineage)
            }
        }
        guard outcomes.values.contains(where: \.goes) else {
            let notes = outcomes.sorted { $0.key.name < $1.key.name }.map { $0.value.note(about: $0.key.name) }
            throw RemovalError(
                .revocation, sentences: notes + ["Nothing was moved. Run prune without revoking, or again."])
        }
        return outcomes
    }
}

extension QuarantineSession {
    /// Moves what `removals` list, which was checked a moment ago, under certbot's locks.
    func prune(
        _ removals: [Plan.Removal], _ basis: Basis, revoked: Set<Lineage.ID> = []
    ) throws(RemovalError) -> [Quarantined] {
        var items = try within("The prune could not be prepared, and nothing was touched") {
            () throws(CallFailure) in try self.items(removals, basis, try times(of: tree))
        }
        for index in items.indices where revoked.contains(items[index].lineage.id) { items[index].isRevoked = true }
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
                times: items.first?.times ?? [],
                revoked: revoked.isEmpty ? nil : items.filter { $0.isRevoked == true }.map(\.id))
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
