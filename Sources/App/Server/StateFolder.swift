import CLinux
import Foundation
import Glibc
import StewardCore

/// The folder that holds what must outlive the process: keys, audit, log, the session secret.
package struct StateFolder: Sendable {
    /// Its absolute path.
    package let path: String

    /// The folder at `path`, which need not exist yet.
    package init(_ path: String) { self.path = path }

    /// SQLite file with keys and audit.
    package var database: String { path + "/steward.db" }
    /// The socket over which commands of this machine reach the server.
    package var socket: String { path + "/steward.sock" }
    /// Leases of GPUs and places in their queue.
    package var gpu: String { path + "/gpu" }
    /// Checkpoints that requests give a name alone.
    package var compute: String { path + "/compute" }
    /// Where large request bodies wait.
    package var spool: String { path + "/spool" }

    /// What workers write for themselves.
    package var scratch: String { path + "/scratch" }

    /// Makes the folder and its subfolders, readable by their owner only.
    /// - Throws: `Problem` that names the folder.
    package func prepare() throws(Problem) {
        for folder in [path, path + "/log", spool, scratch] {
            if let reason = Self.make(folder) {
                throw Problem(
                    "state-folder", status: 500, title: "The state folder can't be used",
                    detail: "\(folder) can't be made: \(reason). Use --state DIR or give this user the folder.")
            }
        }
        guard access(path, W_OK) == 0 else {
            throw Problem(
                "state-folder", status: 500, title: "The state folder can't be used",
                detail:
                    "\(path) can't be written: \(String(cString: strerror(errno))). Use --state DIR or give this user the folder."
            )
        }
    }

    /// Takes the folder for this process; the lock ends with the process.
    /// - Throws: `Problem` if another server has it.
    package func lock() throws(Problem) {
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Problem(
                "state-in-use", status: 500, title: "The state folder is in use",
                detail: "Another `steward serve` uses \(path); stop it, or give this one --state DIR.")
        }
        for folder in [spool, scratch] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                clinux_remove_tree(folder + "/" + name)
                unlink(folder + "/" + name)
            }
        }
        protect()
    }

    /// Lets other users pass through, without seeing what there is: scripts that run as such have their folders beneath.
    func letPass() {
        for folder in [path, spool, scratch] { chmod(folder, 0o711) }
    }

    /// Takes every right on the files from others: who may pass through the folder can't list it, but knows the names.
    package func protect() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            var information = stat()
            guard lstat(path + "/" + name, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { continue }
            chmod(path + "/" + name, information.st_mode & 0o700)
        }
    }

    /// The secret that signs Flask sessions: made once, kept in `session.key`. Hex digits.
    package func sessionSecret() throws(Problem) -> String {
        let file = path + "/session.key"
        if let text = try? String(contentsOfFile: file, encoding: .utf8), text.count >= 32 {
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var random = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let made = FileManager.default.createFile(
            atPath: file, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard made else {
            throw Problem(
                "state-folder", status: 500, title: "The state folder can't be used",
                detail: "\(file) can't be written.")
        }
        return secret
    }

    /// Makes a folder and those above it; what the system says if it can't be.
    private static func make(_ folder: String) -> String? {
        var information = stat()
        if stat(folder, &information) == 0, information.st_mode & S_IFMT == S_IFDIR { return nil }
        let above = (folder as NSString).deletingLastPathComponent
        if above != folder, !above.isEmpty, let reason = make(above) { return reason }
        guard mkdir(folder, 0o700) != 0, errno != EEXIST || information.st_mode != 0 else { return nil }
        return String(cString: strerror(errno))
    }
}
