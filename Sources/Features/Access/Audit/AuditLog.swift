import GRDB
import StewardDatabase

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The log of privileged acts in the state folder: the intent is on disk before an act begins, the outcome
/// after it. Each line's hash covers the line before, so that a changed, removed or inserted line shows.
package struct AuditLog: Sendable {
    private let database: StateDatabase

    /// A log in `database`, which must have been opened with `AccessTables.migrations`.
    package init(_ database: StateDatabase) {
        self.database = database
    }

    /// Runs `act` between its two lines. If the intent can't be written, the act does not happen.
    package func record<Value>(
        actor: String, action: String, subject: String, detail: String = "",
        now: () -> Date = { Date() }, act: () throws -> Value
    ) throws -> Value {
        let intent = try append(.intent, act: nil, actor, action, subject, detail, at: now())
        do {
            let value = try act()
            try append(.outcome, act: intent, actor, action, subject, "done", at: now())
            return value
        } catch {
            try append(.outcome, act: intent, actor, action, subject, "failed: \(error)", at: now())
            throw error
        }
    }

    /// The same for an act that takes its time.
    package func record<Value: Sendable>(
        actor: String, action: String, subject: String, detail: String = "",
        now: () -> Date = { Date() }, act: () async throws -> Value
    ) async throws -> Value {
        let intent = try append(.intent, act: nil, actor, action, subject, detail, at: now())
        do {
            let value = try await act()
            try append(.outcome, act: intent, actor, action, subject, "done", at: now())
            return value
        } catch {
            try append(.outcome, act: intent, actor, action, subject, "failed: \(error)", at: now())
            throw error
        }
    }

    @discardableResult
    private func append(
        _ phase: AuditEntry.Phase, act: Int64?, _ actor: String, _ action: String, _ subject: String,
        _ detail: String, at now: Date
    ) throws -> Int64 {
        try database.write { database in
            let last = try Row.fetchOne(database, sql: "SELECT * FROM audit ORDER BY sequence DESC LIMIT 1")
                .map(AuditEntry.init)
            let sequence = (last?.sequence ?? 0) + 1
            let entry = AuditEntry(
                sequence: sequence, at: now, phase: phase, act: act ?? sequence, actor: actor, action: action,
                subject: subject, detail: detail, after: last?.hash ?? [])
            try database.execute(
                sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    entry.sequence, entry.milliseconds, entry.phase.rawValue, entry.act, entry.actor, entry.action,
                    entry.subject, entry.detail, Data(entry.hash),
                ])
            return sequence
        }
    }

    /// The newest `limit` lines, oldest first.
    package func entries(limit: Int = 100) throws -> [AuditEntry] {
        try database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM audit ORDER BY sequence DESC LIMIT ?", arguments: [limit])
                .map(AuditEntry.init).reversed()
        }
    }

    /// What `verify` found.
    package struct Verdict: Hashable, Sendable {
        /// How many lines there are.
        package var count: Int64
        /// The first line that doesn't fit those before it; nil when the chain holds.
        package var firstBroken: Int64?
        /// Acts without an outcome: the process ended in the middle of them.
        package var unfinished: [Int64]
        /// The last line's hash. Kept elsewhere, it also shows later that lines were cut from the end.
        package var head: [UInt8]
    }

    /// Checks the whole chain.
    package func verify() throws -> Verdict {
        try database.read { database in
            var verdict = Verdict(count: 0, firstBroken: nil, unfinished: [], head: [])
            var open: Set<Int64> = []
            let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY sequence")
            while let entry = try rows.next().map(AuditEntry.init) {
                verdict.count += 1
                let isWhole = entry.sequence == verdict.count && entry.hash == entry.expectedHash(after: verdict.head)
                if !isWhole, verdict.firstBroken == nil { verdict.firstBroken = entry.sequence }
                verdict.head = entry.hash
                switch entry.phase {
                case .intent: open.insert(entry.sequence)
                case .outcome: open.remove(entry.act)
                }
            }
            verdict.unfinished = open.sorted()
            return verdict
        }
    }
}
