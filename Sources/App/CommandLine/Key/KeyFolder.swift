import Foundation
import Glibc
import NIOHTTP1
import StewardAPI
import StewardAccess
import StewardCore
import StewardDatabase
import StewardServer

/// The keys of a state folder as the commands change them: audited, and told to the server that runs there.
struct KeyFolder {
    /// The folder.
    let state: StateFolder
    /// Its keys.
    let keys: KeyStore
    /// Its audit log.
    let audit: AuditLog

    /// Opens the folder's database and makes both if need be.
    init(_ state: StateFolder) throws {
        self.state = state
        do {
            let isNew = !FileManager.default.fileExists(atPath: state.path)
            try state.prepare()
            let database = try StateDatabase.open(state.database, migrations: AccessTables.migrations)
            if !isNew { Self.giveToOwner(state) }
            keys = KeyStore(database)
            audit = AuditLog(database)
        } catch let problem as Problem {
            throw CommandFailure(problem)
        } catch let error as StateDatabaseError {
            throw CommandFailure(error.description)
        }
    }

    /// What root makes in the folder of a server with a user of its own must be that user's.
    private static func giveToOwner(_ state: StateFolder) {
        var information = stat()
        guard geteuid() == 0, stat(state.path, &information) == 0, information.st_uid != 0 else { return }
        let made = [state.path + "/log", state.spool] + ["", "-wal", "-shm"].map { state.database + $0 }
        for path in made { lchown(path, information.st_uid, information.st_gid) }
    }

    /// Does `act` between its two lines in the audit log; errors become sentences.
    func record<Value>(_ action: String, of subject: String, detail: String = "", act: () throws -> Value) throws
        -> Value
    {
        do {
            return try audit.record(
                actor: "uid \(getuid())", action: action, subject: subject, detail: detail, act: act)
        } catch let error as KeyStoreError {
            throw CommandFailure(error.description)
        } catch let error as StateDatabaseError {
            throw CommandFailure(error.description)
        } catch {
            throw CommandFailure(StateDatabase.describe(error, path: state.database).description)
        }
    }

    /// Tells the server that runs for this folder, if any, to look at the keys again. It would by itself within a second.
    func announce() async {
        guard UnixSocket.accepts(state.socket) else { return }
        let request = LocalRequest(method: .POST, target: PlatformPath.reloadKeys)
        do {
            let answer = try await LocalClient(state: state).answer(request)
            guard answer.status != 200 else { return }
            Output.message("warning: the running server answered \(answer.status) when told about the keys")
        } catch {
            Output.message("warning: the running server could not be told: \(error)")
        }
    }
}

extension KeyFolder {
    /// Whether the folder has a database.
    /// - Throws: `CommandFailure` if this user may not know.
    static func exists(_ state: StateFolder) throws -> Bool {
        var information = stat()
        if stat(state.database, &information) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else {
            throw CommandFailure(
                "\(state.path) can't be read: \(FileReason.text(errno))",
                hint:
                    "run the command as the server's user (sudo -u USER steward ...), or name another folder with --state DIR"
            )
        }
        return false
    }

    /// Opens a folder that must have a database; looking makes none.
    static func forReading(_ state: StateFolder) throws -> KeyFolder {
        guard try exists(state) else {
            throw CommandFailure(
                "there is no state database in \(state.path)", hint: "name the server's state folder with --state DIR")
        }
        return try KeyFolder(state)
    }
}
