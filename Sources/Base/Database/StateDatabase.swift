import GRDB
import Glibc

/// The one SQLite file of the state folder: write-ahead log, `synchronous=FULL` (an acknowledged commit
/// survives a power cut), foreign keys checked. It knows no table: features bring their migrations.
package final class StateDatabase: Sendable {
    /// The file.
    package let path: String
    /// The connections, for the features' stores.
    package let pool: DatabasePool

    private init(path: String, pool: DatabasePool) {
        self.path = path
        self.pool = pool
    }

    /// Opens the file at `path`, made with mode 0600 if missing, and brings its tables up to date.
    package static func open(
        _ path: String, migrations: [DatabaseMigration]
    ) throws(StateDatabaseError) -> StateDatabase {
        try create(path)
        let turn = openingTurn(in: path)
        defer { if turn >= 0 { _ = Glibc.close(turn) } }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration())
            // Opening a pool sets NORMAL, with which a power cut may lose acknowledged commits.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try migrate(pool, path: path, migrations: migrations)
            return StateDatabase(path: path, pool: pool)
        } catch let error as StateDatabaseError {
            throw error
        } catch {
            throw describe(error, path: path)
        }
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "state"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        return configuration
    }

    /// SQLite would create the file with the umask's mode; its journals take over the file's mode. The file is made
    /// without being opened: closing a descriptor of it would drop this process's locks on it (fcntl(2)).
    private static func create(_ path: String) throws(StateDatabaseError) {
        let isThere = path.withCString { mknod($0, S_IFREG | 0o600, 0) == 0 || errno == EEXIST }
        guard isThere, path.withCString({ access($0, R_OK | W_OK) }) == 0 else {
            let reason = String(cString: strerror(errno))
            throw StateDatabaseError(
                code: .notWritable, path: path,
                message: "can't write the state database \(path); "
                    + "give this user write access to its folder or choose another with 'state:' or --state",
                cause: reason)
        }
    }

    private static func migrate(_ pool: DatabasePool, path: String, migrations: [DatabaseMigration]) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.identifier, migrate: migration.apply)
        }
        let known = Set(migrations.map(\.identifier))
        let unknown = try pool.read { try migrator.appliedIdentifiers($0) }.subtracting(known)
        guard unknown.isEmpty else {
            throw StateDatabaseError(
                code: .newer, path: path,
                message:
                    "\(path) was written by a newer version, which knows \(unknown.sorted().joined(separator: ", ")); "
                    + "run that version, or restore the backup made before the upgrade", cause: nil)
        }
        try migrator.migrate(pool)
    }

    /// Processes open and migrate one after the other: SQLite refuses a change of the journal mode that meets another
    /// at once, without its busy timeout. The lock is on the folder, so that nothing is left behind; who can't have
    /// it within 5 s goes on without.
    private static func openingTurn(in path: String) -> Int32 {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) + "/" } ?? "."
        let descriptor = folder.withCString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        for _ in 0..<1000 where descriptor >= 0 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            usleep(5000)
        }
        return descriptor
    }
}

extension StateDatabase {
    /// Reads within one consistent snapshot.
    package func read<Value>(_ body: (GRDB.Database) throws -> Value) throws -> Value {
        try pool.read(body)
    }

    /// Writes within one transaction, on disk when this returns.
    package func write<Value>(_ body: (GRDB.Database) throws -> Value) throws -> Value {
        try pool.write(body)
    }

    /// A number that changes when another process (or another connection) has committed something.
    package func foreignChangeCounter() throws -> Int64 {
        try pool.writeWithoutTransaction { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
    }

    /// What SQLite's own check finds wrong; empty when the file is sound.
    package func integrityProblems() throws -> [String] {
        try pool.read { database in
            let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check")
            let broken = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
            let references = broken.map { "a row of \($0[0] as String? ?? "?") refers to a missing row" }
            return lines.filter { $0 != "ok" } + references
        }
    }

    /// Writes a consistent copy, while others read and write, to `destination`, which must not exist.
    package func backup(to destination: String) throws(StateDatabaseError) {
        do {
            try pool.vacuum(into: destination)
        } catch {
            throw Self.describe(error, path: destination)
        }
        _ = destination.withCString { chmod($0, 0o600) }
    }

    /// Checkpoints the log into the file and closes the connections.
    package func close() throws {
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try pool.close()
    }

    /// The same failure as a sentence with the way out.
    package static func describe(_ error: any Error, path: String) -> StateDatabaseError {
        guard let error = error as? GRDB.DatabaseError else {
            return StateDatabaseError(code: .failed, path: path, message: "\(path) failed", cause: "\(error)")
        }
        let (code, message): (StateDatabaseError.Code, String) =
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT:
                (.corrupt, "\(path) is damaged or no SQLite file; move it away and restore a backup")
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
                (.notWritable, "can't write \(path); give this user write access to the file and its folder")
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                (.locked, "another process has kept \(path) locked for 5s; see what holds it with 'fuser'")
            case .SQLITE_FULL, .SQLITE_IOERR:
                (.full, "the disk under \(path) is full or failing; free space and try again")
            default: (.failed, "\(path) failed")
            }
        return StateDatabaseError(code: code, path: path, message: message, cause: error.message)
    }
}
