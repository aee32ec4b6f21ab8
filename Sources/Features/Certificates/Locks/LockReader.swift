import CLinux
import Glibc

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Finds out who holds certbot's locks; takes none and changes nothing.
package struct LockReader: Sendable {
    private let proc: String
    private let names: [String: String]

    /// A reader.
    /// - Parameters:
    ///   - names: Containers' names by their ids, where they are known.
    ///   - proc: Where proc is mounted.
    package init(containerNames names: [String: String] = [:], proc: String = "/proc") {
        self.names = names
        self.proc = proc
    }

    /// The locks of trees, of certbot's default work and log folders, and of the servers that its plugins lock.
    /// - Parameters:
    ///   - trees: The trees.
    ///   - work: Further work folders.
    ///   - logs: Further log folders.
    ///   - now: The time, for how long things still take.
    package func read(
        _ trees: [CertbotTree], work: [String] = ["/var/lib/letsencrypt"], logs: [String] = ["/var/log/letsencrypt"],
        servers: [String] = ["/etc/apache2", "/etc/httpd", "/etc/nginx"], now: Date = Date()
    ) -> [LockState] {
        let folders =
            trees.map { ($0.path, LockState.Role.configuration) } + work.map { ($0, .work) } + logs.map { ($0, .logs) }
            + servers.map { ($0, .server) }
        return folders.compactMap { folder, role in
            access(folder, F_OK) == 0 || role == .configuration ? read(folder: folder, role: role, now: now) : nil
        }
    }

    /// The lock of one folder.
    package func read(folder: String, role: LockState.Role, now: Date = Date()) -> LockState {
        var state = LockState(folder: folder, role: role, status: .free, fileExists: true)
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            state.fileExists = false
            state.status = .unknown(CallFailure("open", folder).description)
            return state
        }
        defer { close(directory) }
        var status = stat()
        guard fstatat(directory, CertbotLocks.fileName, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            state.fileExists = false
            if errno != ENOENT { state.status = .unknown(CallFailure("look at", state.path).description) }
            return state
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            state.status = .unknown("\(state.path) is no regular file; certbot can't lock it as it is")
            return state
        }
        state.status = self.status(directory, FileKey(status), state.path, now)
        return state
    }

    private func status(_ directory: Int32, _ key: FileKey, _ path: String, _ now: Date) -> LockState.Status {
        let asked = OwnLocks.unlessHeld(key) { () -> (result: Int32, pid: pid_t, number: Int32) in
            let file = clinux_open_within(directory, CertbotLocks.fileName, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0)
            guard file >= 0 else { return (-1, 0, errno) }
            defer { close(file) }
            var pid: pid_t = 0
            let result = clinux_record_lock_holder(file, &pid)
            return (result, pid, errno)
        }
        guard let asked else { return .held(holder(getpid(), now)) }
        if asked.result == 0 { return .free }
        if asked.result > 0 && asked.pid > 0 { return .held(holder(asked.pid, now)) }
        // The file may not be opened, or the holder is out of sight: the kernel's own list may know more.
        if let pid = KernelLocks(text: ProcessFacts.text("\(proc)/locks") ?? "").holder(of: key), pid > 0 {
            return .held(holder(pid, now))
        }
        return asked.result > 0
            ? .held(Self.outside)
            : .unknown(CallFailure("ask for the lock on", path, asked.number).description)
    }

    private func holder(_ pid: Int32, _ now: Date) -> LockHolder {
        guard let facts = ProcessFacts(pid: pid, proc: proc) else { return Self.gone(pid) }
        var holder = LockHolder(facts, now: now)
        if let id = holder.container?.split(separator: " ").last.map(String.init),
            let name = names.first(where: { $0.key.hasPrefix(id) })?.value
        {
            holder.container = name
        }
        return holder
    }

    private static let outside = LockHolder(
        pid: nil, activity: "out of sight from here",
        advice: [
            "It runs on the host or in another container that shares this folder: run `steward certs lock` on the host.",
            LockHolder.leaveTheFile,
        ])

    private static func gone(_ pid: Int32) -> LockHolder {
        LockHolder(pid: pid, activity: "ending this moment", advice: ["Look again."])
    }
}
