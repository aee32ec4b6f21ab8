#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension Quarantine {
    /// Deletes for good what has been in quarantine for longer than `age`.
    /// - Parameters:
    ///   - age: The least time in quarantine, in seconds.
    ///   - names: Only lineages of these names (or ids), if given.
    ///   - now: The time.
    /// - Returns: What was deleted.
    /// - Throws: ``RemovalError``. Once the journal says that an item goes, it is gone: an interrupted deletion is
    ///   finished by the next command that writes.
    @discardableResult
    package func purge(
        olderThan age: TimeInterval, names: Set<String>? = nil, now: Date = Date(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws(RemovalError) -> [Quarantined] {
        guard let session = try await QuarantineSession(self, create: false) else { return [] }
        _ = try await session.recover()
        let items = try list().filter { item in
            now.timeIntervalSince(item.since) >= age
                && (names.map { $0.contains(item.id) || $0.contains(item.lineage.name) } ?? true)
        }
        if !items.isEmpty { try session.purge(items) }
        return items
    }
}

extension QuarantineSession {
    func purge(_ items: [Quarantined]) throws(RemovalError) {
        let intent = JournalRecord(
            id: UUID().uuidString, at: Date(), act: .purge, phase: .intent, items: items.map(\.id))
        try journal.append(intent)
        do throws(CallFailure) { try delete(intent.items) } catch {
            throw RemovalError(
                .system, "Deleting \(Wording.list(intent.items)) stopped: \(error).",
                "They are out of quarantine already. The next command that writes deletes the rest.")
        }
        try journal.append(intent.outcome(.done))
    }
}
