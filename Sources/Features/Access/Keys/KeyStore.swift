import GRDB
import StewardDatabase
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that `steward key` manages, in the state folder: names, hashes, roles, zones, expiry, last use.
/// A secret is returned once, by `add`, and never stored.
package final class KeyStore: Sendable {
    private let database: StateDatabase
    private let state: Mutex<State>

    private struct State {
        /// The counter at the last `keysIfChanged`, and whether this store has written since.
        var seenCounter: Int64?
        var hasChanged = false
        /// The last uses not written yet, by row.
        var uses: [Int64: Date] = [:]
    }

    /// A store on `database`, which must have been opened with `AccessTables.migrations`.
    package init(_ database: StateDatabase) {
        self.database = database
        state = Mutex(State())
    }

    /// Adds a key and returns its secret, which nobody can see again. The name must be free among the keys
    /// that aren't revoked.
    package func add(
        name: String, role: KeyRole, zones: [ZonePrefix] = [], expires: Date? = nil, now: Date
    ) throws -> APIKey {
        try KeyRules.check(name: name, role: role, zones: zones, expires: expires, now: now)
        let key = APIKey.generate()
        try database.write { database in
            let isTaken = "SELECT 1 FROM access_key WHERE name = ? AND revoked_at IS NULL"
            if try Int.fetchOne(database, sql: isTaken, arguments: [name]) != nil {
                throw KeyStoreError.nameTaken(name)
            }
            try database.execute(
                sql: """
                    INSERT INTO access_key (name, digest, role, zones, created_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    name, Data(KeyDigest(of: key.secret).bytes), role.rawValue,
                    zones.map(\.text).joined(separator: "\n"), now.timeIntervalSince1970,
                    expires?.timeIntervalSince1970,
                ])
        }
        state.withLock { $0.hasChanged = true }
        return key
    }

    /// Revokes the key with this name, for good, and returns it.
    @discardableResult
    package func revoke(name: String, now: Date) throws -> StoredKey {
        let key = try database.write { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM access_key WHERE name = ? AND revoked_at IS NULL", arguments: [name])
            guard let row else {
                let names = try String.fetchAll(database, sql: "SELECT name FROM access_key WHERE revoked_at IS NULL")
                throw KeyStoreError.unknownName(name, known: names)
            }
            var key = try StoredKey(row)
            try database.execute(
                sql: "UPDATE access_key SET revoked_at = ? WHERE id = ?",
                arguments: [now.timeIntervalSince1970, key.id])
            key.revoked = now
            return key
        }
        state.withLock { $0.hasChanged = true }
        return key
    }

    /// The keys by name, with the revoked ones if asked for; last uses not yet written count.
    package func list(includingRevoked: Bool = false) throws -> [StoredKey] {
        let condition = includingRevoked ? "" : "WHERE revoked_at IS NULL"
        let keys = try database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM access_key \(condition) ORDER BY name, id").map(
                StoredKey.init)
        }
        let uses = state.withLock { $0.uses }
        return keys.map { key in
            var key = key
            if let use = uses[key.id] { key.lastUsed = max(use, key.lastUsed ?? use) }
            return key
        }
    }

    /// Notes that the key in row `id` was used; kept in memory until `flushUses`.
    package func touch(_ id: Int64, at now: Date) {
        state.withLock { $0.uses[id] = now }
    }

    /// Writes the noted uses in one transaction; call it every few seconds and before closing.
    package func flushUses() throws {
        let uses = state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        guard !uses.isEmpty else { return }
        do {
            try database.write { database in
                let statement = try database.cachedStatement(
                    sql: "UPDATE access_key SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?")
                for (id, date) in uses { try statement.execute(arguments: [date.timeIntervalSince1970, id]) }
            }
        } catch {
            state.withLock { $0.uses.merge(uses) { newer, _ in newer } }
            throw error
        }
    }

    /// The keys that count, if they may have changed since the last call (always at the first): by this store,
    /// or by another process such as `steward key revoke`. Cheap enough for once a second.
    package func keysIfChanged() throws -> [AccessKey]? {
        let counter = try database.foreignChangeCounter()
        let hasChanged = state.withLock { state in
            defer { (state.seenCounter, state.hasChanged) = (counter, false) }
            return state.seenCounter != counter || state.hasChanged
        }
        guard hasChanged else { return nil }
        do {
            return try list().map(\.key)
        } catch {
            state.withLock { $0.hasChanged = true }
            throw error
        }
    }
}
