import Foundation
import GRDB
import StewardAccess
import StewardDatabase
import Testing

/// Runs `body` with the path of a database in a folder of its own.
func withDatabasePath<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steward-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.appendingPathComponent("state.sqlite").path)
}

private let now = Date(timeIntervalSince1970: 1_800_000_000)

@Suite struct KeyStoreTests {
    @Test func anAddedKeyOpensUntilItIsRevoked() throws {
        try withDatabasePath { path in
            let store = KeyStore(try .open(path, migrations: AccessTables.migrations))
            #expect(try store.keysIfChanged()?.isEmpty == true)
            let secret = try store.add(name: "r", role: .api, zones: [prefix("/api")], expires: now + 60, now: now)
                .secret
            let key = try #require(try store.keysIfChanged().map(KeyRing.init)?.find(secret))
            #expect(key.name == "r" && key.role == .api && key.zones == [prefix("/api")] && key.expires == now + 60)
            #expect(try store.keysIfChanged() == nil)
            try store.revoke(name: "r", now: now)
            #expect(try store.keysIfChanged()?.isEmpty == true)
            #expect(try store.list().isEmpty)
            #expect(try store.list(includingRevoked: true).first?.revoked == now)
            _ = try store.add(name: "r", role: .admin, now: now)
            #expect(try store.list(includingRevoked: true).count == 2)
        }
    }

    @Test func anotherConnectionsChangesAreSeenAndOwnUsesAreNone() throws {
        try withDatabasePath { path in
            let server = KeyStore(try .open(path, migrations: AccessTables.migrations))
            let commandLine = KeyStore(try .open(path, migrations: AccessTables.migrations))
            _ = try server.keysIfChanged()
            #expect(try server.keysIfChanged() == nil)
            let secret = try commandLine.add(name: "new", role: .admin, now: now).secret
            let id = try #require(try server.keysIfChanged()?.first?.digest == KeyDigest(of: secret) ? 1 : nil)
            server.touch(Int64(id), at: now + 5)
            try server.flushUses()
            #expect(try server.keysIfChanged() == nil)
            #expect(try commandLine.list().first?.lastUsed == now + 5)
            try commandLine.revoke(name: "new", now: now)
            #expect(try server.keysIfChanged()?.isEmpty == true)
        }
    }

    @Test func lastUsesAreBatchedAndNeverGoBack() throws {
        try withDatabasePath { path in
            let store = KeyStore(try .open(path, migrations: AccessTables.migrations))
            _ = try store.add(name: "a", role: .api, now: now)
            store.touch(1, at: now + 10)
            #expect(try store.list()[0].lastUsed == now + 10)
            try store.flushUses()
            store.touch(1, at: now + 3)
            try store.flushUses()
            #expect(try store.list()[0].lastUsed == now + 10)
        }
    }

    @Test func badKeysAreRefusedWithTheWayOut() throws {
        try withDatabasePath { path in
            let store = KeyStore(try .open(path, migrations: AccessTables.migrations))
            _ = try store.add(name: "reporting", role: .api, now: now)
            #expect(throws: KeyStoreError.nameTaken("reporting")) {
                try store.add(name: "reporting", role: .api, now: now)
            }
            #expect(throws: KeyStoreError.badName("a b")) { try store.add(name: "a b", role: .api, now: now) }
            #expect(throws: KeyStoreError.adminWithZones) {
                try store.add(name: "x", role: .admin, zones: [.root], now: now)
            }
            #expect(throws: KeyStoreError.expiryPassed) { try store.add(name: "x", role: .api, expires: now, now: now) }
            let error = #expect(throws: KeyStoreError.self) { try store.revoke(name: "reportin", now: now) }
            #expect(error?.description == "there is no key named 'reportin'; did you mean 'reporting'?")
        }
    }

    @Test func noSecretIsEverOnDisk() throws {
        try withDatabasePath { path in
            let database = try StateDatabase.open(path, migrations: AccessTables.migrations)
            let secret = try KeyStore(database).add(name: "a", role: .api, now: now).secret
            try database.close()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(bytes.range(of: Data(secret.utf8)) == nil)
            #expect(bytes.range(of: Data(KeyDigest(of: secret).bytes)) != nil)
        }
    }
}

@Suite struct AuditLogTests {
    private struct Failure: Error, CustomStringConvertible { var description: String { "disk on fire" } }

    @Test func intentAndOutcomeAreChained() throws {
        try withDatabasePath { path in
            let log = AuditLog(try .open(path, migrations: AccessTables.migrations))
            try log.record(actor: "uid 0", action: "key.add", subject: "a", now: { now }, act: {})
            #expect(throws: Failure.self) {
                try log.record(
                    actor: "admin", action: "key.revoke", subject: "a", now: { now }, act: { throw Failure() })
            }
            let entries = try log.entries()
            #expect(entries.map(\.phase) == [.intent, .outcome, .intent, .outcome])
            #expect(entries.map(\.act) == [1, 1, 3, 3])
            #expect(entries.map(\.detail) == ["", "done", "", "failed: disk on fire"])
            let verdict = try log.verify()
            #expect(verdict.count == 4 && verdict.firstBroken == nil && verdict.unfinished.isEmpty)
            #expect(verdict.head == entries[3].hash)
        }
    }

    @Test func theLogOnlyGrows() throws {
        try withDatabasePath { path in
            let database = try StateDatabase.open(path, migrations: AccessTables.migrations)
            try AuditLog(database).record(actor: "a", action: "b", subject: "c", act: {})
            for statement in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"] {
                let error = #expect(throws: GRDB.DatabaseError.self) {
                    try database.write { try $0.execute(sql: statement) }
                }
                #expect(error?.message == "the audit log only grows")
            }
        }
    }

    @Test(
        arguments: [
            ("UPDATE audit SET actor = 'mallory' WHERE sequence = 3", 3),
            ("UPDATE audit SET at = at + 1 WHERE sequence = 2", 2),
            ("UPDATE audit SET actor = actor || 'k', action = 'ey.add' WHERE sequence = 1", 1),
            ("DELETE FROM audit WHERE sequence = 4", 5), ("DELETE FROM audit WHERE sequence = 1", 2),
            ("UPDATE audit SET hash = zeroblob(32) WHERE sequence = 6", 6),
            (
                "INSERT INTO audit SELECT 7, at, phase, act, actor, action, subject, detail, hash FROM audit WHERE sequence = 6",
                7
            ),
        ] as [(String, Int64)])
    func everyTamperingShowsAtItsPlace(statement: String, broken: Int64) throws {
        try withDatabasePath { path in
            let database = try StateDatabase.open(path, migrations: AccessTables.migrations)
            let log = AuditLog(database)
            for name in ["a", "b", "c"] {
                try log.record(actor: "root", action: "key.add", subject: name, now: { now }, act: {})
            }
            try database.write {
                try $0.execute(sql: "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;")
                try $0.execute(sql: statement)
            }
            #expect(try log.verify().firstBroken == broken)
        }
    }

    @Test func anActThatWasCutOffIsFound() throws {
        try withDatabasePath { path in
            let database = try StateDatabase.open(path, migrations: AccessTables.migrations)
            let log = AuditLog(database)
            try log.record(
                actor: "root", action: "key.add", subject: "a",
                act: {
                    let verdict = try log.verify()
                    #expect(verdict.unfinished == [1] && verdict.firstBroken == nil)
                })
            #expect(try log.verify().unfinished.isEmpty)
        }
    }
}

@Suite struct StateDatabaseTests {
    @Test func commitsAreDurableAndTheFileIsPrivate() throws {
        try withDatabasePath { path in
            let database = try StateDatabase.open(path, migrations: [])
            let pragmas = ["synchronous", "journal_mode", "foreign_keys"]
            let values = try database.write { connection in
                try pragmas.map { try String.fetchOne(connection, sql: "PRAGMA \($0)") }
            }
            #expect(values == ["2", "wal", "1"])
            for file in [path, path + "-wal"] {
                let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file)")
            }
            #expect(try database.integrityProblems().isEmpty)
        }
    }

    @Test func eachFailureHasItsCode() throws {
        try withDatabasePath { path in
            let missing = #expect(throws: StateDatabaseError.self) {
                try StateDatabase.open(path + "/no/such/folder/x", migrations: [])
            }
            #expect(missing?.code == .notWritable)
            try Data("this is no database, whatever its name says, and it is long enough".utf8)
                .write(to: URL(fileURLWithPath: path))
            let corrupt = #expect(throws: StateDatabaseError.self) { try StateDatabase.open(path, migrations: []) }
            #expect(corrupt?.code == .corrupt)
            #expect(corrupt?.description.contains(path) == true)
        }
    }

    @Test func aNewerVersionsFileIsLeftAlone() throws {
        try withDatabasePath { path in
            try StateDatabase.open(path, migrations: [DatabaseMigration("later.9") { _ in }]).close()
            let error = #expect(throws: StateDatabaseError.self) {
                try StateDatabase.open(path, migrations: AccessTables.migrations)
            }
            #expect(error?.code == .newer)
            #expect(error?.message.contains("later.9") == true)
        }
    }

    @Test func aBackupIsWholeAndPrivate() throws {
        try withDatabasePath { path in
            let database = try StateDatabase.open(path, migrations: AccessTables.migrations)
            _ = try KeyStore(database).add(name: "a", role: .api, now: now)
            try database.backup(to: path + ".backup")
            let mode = try FileManager.default.attributesOfItem(atPath: path + ".backup")[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let copy = try StateDatabase.open(path + ".backup", migrations: AccessTables.migrations)
            #expect(try KeyStore(copy).list().map(\.key.name) == ["a"])
            #expect(throws: StateDatabaseError.self) { try database.backup(to: path + ".backup") }
        }
    }

    @Test func aFailedMigrationLeavesNothingBehind() throws {
        try withDatabasePath { path in
            #expect(throws: (any Error).self) {
                try StateDatabase.open(
                    path,
                    migrations: [
                        DatabaseMigration("x.1") { database in
                            try database.execute(sql: "CREATE TABLE half (a); CREATE TABLE half (a)")
                        }
                    ])
            }
            let database = try StateDatabase.open(path, migrations: [])
            #expect(try database.read { try $0.tableExists("half") } == false)
        }
    }

    @Test func manyMayOpenANewFileAtOnce() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steward-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for round in 0..<5 {
            let path = folder.appendingPathComponent("state-\(round).sqlite").path
            let names = try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        let store = KeyStore(try .open(path, migrations: AccessTables.migrations))
                        _ = try store.add(name: "key-\(index)", role: .api, now: now)
                    }
                }
                try await group.waitForAll()
                return try KeyStore(.open(path, migrations: AccessTables.migrations)).list().map(\.key.name)
            }
            #expect(names.count == 8)
        }
    }

    @Test func aWriterThatWasKilledLeavesASoundFile() throws {
        try withDatabasePath { path in
            try StateDatabase.open(path, migrations: AccessTables.migrations).close()
            let writer = Process()
            writer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            writer.arguments = [
                "python3", "-c",
                """
                import os, sqlite3, sys
                c = sqlite3.connect(sys.argv[1], isolation_level=None)
                c.execute("PRAGMA journal_mode = WAL")
                insert = "INSERT INTO access_key (name, digest, role, zones, created_at) VALUES (?, randomblob(32), 'api', '', 1)"
                c.execute(insert, ("whole",))
                c.execute("BEGIN IMMEDIATE")
                c.execute(insert, ("half",))
                os.kill(os.getpid(), 9)
                """, path,
            ]
            try writer.run()
            writer.waitUntilExit()
            #expect(writer.terminationReason == .uncaughtSignal)
            let database = try StateDatabase.open(path, migrations: AccessTables.migrations)
            #expect(try KeyStore(database).list().map(\.key.name) == ["whole"])
            #expect(try database.integrityProblems().isEmpty)
        }
    }
}
