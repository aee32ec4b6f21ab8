import CLinux
import Foundation
import Glibc
import StewardAccess

/// Whether the folders and files that the server uses are there, usable, and in nobody else's hands.
enum FolderCheck {
    /// The zones' folders.
    static func zones(_ settings: ServerSettings, trees: [ScriptTree]) -> [CheckFinding] {
        zip(settings.zones, trees).flatMap { zone, tree in
            self.zone(zone, tree, isNamed: settings.file != nil || zone.prefix.text == "/")
        }
    }

    /// `isNamed` is false for the subfolders that --scripts gives zones to, whether they are there or not.
    private static func zone(_ zone: ZoneSettings, _ tree: ScriptTree, isNamed: Bool) -> [CheckFinding] {
        let (prefix, folder) = (zone.prefix.text, zone.folder)
        guard let information = status(folder) else {
            let code = errno
            guard code != ENOENT || isNamed else {
                return [
                    CheckFinding(.note, "zones", at: prefix, "There is no folder \(folder); the zone has no scripts.")
                ]
            }
            return [
                CheckFinding(
                    .error, "zones", at: prefix, "The folder \(folder) can't be used: \(text(code)).",
                    remedy: code == ENOENT ? "Make it, or correct 'folder'." : "Give this user access to it.")
            ]
        }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            return [CheckFinding(.error, "zones", at: prefix, "\(folder) is no folder.", remedy: "Correct 'folder'.")]
        }
        guard access(folder, R_OK | X_OK) == 0 else {
            return [
                CheckFinding(
                    .error, "zones", at: prefix, "This user can't read the folder \(folder).",
                    remedy: "Give it read access, or run the server as another user.")
            ]
        }
        var findings = [CheckFinding(.ok, "zones", at: prefix, "The folder \(folder) is readable.")]
        if let first = tree.worldWritable.first {
            let more = tree.worldWritable.count > 1 ? " and \(tree.worldWritable.count - 1) more" : ""
            findings.append(
                CheckFinding(
                    .error, "zones", at: prefix,
                    "Every user of this machine may change \(first)\(more), and so run code as the server.",
                    remedy: "Run 'chmod -R o-w \(folder)'."))
        }
        if clinux_is_remote(folder) == 1 {
            findings.append(
                CheckFinding(
                    .note, "zones", at: prefix,
                    "\(folder) lies on a network file system, which announces no changes: it is looked through again and again, which costs time."
                ))
        }
        return findings
    }

    /// The state folder.
    static func state(_ state: StateFolder) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        if state.socket.utf8.count > UnixSocket.longestPath {
            findings.append(
                CheckFinding(
                    .error, "state", at: state.path,
                    "The path of its socket has \(state.socket.utf8.count) bytes, and \(UnixSocket.longestPath) is the most.",
                    remedy: "Use a state folder with a shorter path."))
        }
        guard let information = status(state.path) else {
            return findings + [missing(state.path, code: errno)]
        }
        guard information.st_mode & S_IFMT == S_IFDIR, access(state.path, R_OK | W_OK | X_OK) == 0 else {
            return findings + [
                CheckFinding(
                    .error, "state", at: state.path, "It is no folder that this user may write to.",
                    remedy: "Use --state DIR, or give this user the folder.")
            ]
        }
        // Scripts of a server that runs as root are other users, and pass through it to their scratch folders.
        if information.st_mode & (geteuid() == 0 ? 0o066 : 0o077) != 0 {
            let mode = String(information.st_mode & 0o777, radix: 8)
            findings.append(
                CheckFinding(
                    .warning, "state", at: state.path, "Other users may look into it (mode \(mode)).",
                    remedy: "Run 'chmod 700 \(state.path)'."))
        }
        if information.st_uid != geteuid() {
            findings.append(
                CheckFinding(
                    .note, "state", at: state.path,
                    "It belongs to user \(information.st_uid), not to you (\(geteuid())).",
                    remedy: "Run this check as the server's user to see what the server sees."))
        }
        findings += space(state.path)
        let isFine = !findings.contains { $0.severity == .error || $0.severity == .warning }
        return isFine
            ? [CheckFinding(.ok, "state", at: state.path, "It is writable and private.")] + findings : findings
    }

    private static func missing(_ path: String, code: Int32) -> CheckFinding {
        guard code == ENOENT else {
            return CheckFinding(
                .error, "state", at: path, "It can't be used: \(text(code)).",
                remedy: "Use --state DIR, or give this user the folder.")
        }
        let parent = existingParent(of: path)
        guard access(parent, W_OK | X_OK) == 0 else {
            return CheckFinding(
                .error, "state", at: path, "It does not exist and can't be made: this user may not write to \(parent).",
                remedy: "Use --state DIR, or make the folder and give it to this user.")
        }
        return CheckFinding(.ok, "state", at: path, "It does not exist yet; 'steward serve' makes it.")
    }

    private static func space(_ path: String) -> [CheckFinding] {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return [] }
        let free = (UInt64(information.f_bavail) * UInt64(information.f_frsize)) >> 20
        guard free < 100 else { return [] }
        return [
            CheckFinding(
                .warning, "state", at: path, "Only \(free) MiB are free for logs, large requests and the database.",
                remedy: "Free space, or move the state folder.")
        ]
    }

    /// The log file.
    static func log(_ settings: ServerSettings) -> [CheckFinding] {
        guard let file = settings.log.file else {
            guard !settings.log.stdout else { return [CheckFinding(.ok, "log", "It goes to standard output alone.")] }
            return [
                CheckFinding(
                    .warning, "log", "Nothing is logged: 'stdout' is false and 'file' is none.",
                    remedy: "Set one of them.")
            ]
        }
        let target = status(file) == nil ? existingParent(of: file) : file
        // Within the state folder the server makes what is missing; that folder has findings of its own.
        guard access(target, W_OK) == 0 || target == existingParent(of: settings.state) else {
            return [
                CheckFinding(
                    .error, "log", at: file, "This user may not write to \(target).",
                    remedy: "Give it write access, or set 'log.file' to another path.")
            ]
        }
        return [CheckFinding(.ok, "log", at: file, "It is writable.")]
    }

    private static func existingParent(of path: String) -> String {
        var folder = SettingsPath.folder(of: path)
        while folder != "/", status(folder) == nil { folder = SettingsPath.folder(of: folder) }
        return folder
    }

    private static func status(_ path: String) -> stat? {
        var information = stat()
        return stat(path, &information) == 0 ? information : nil
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
