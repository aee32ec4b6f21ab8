internal import Foundation
internal import Glibc
package import StewardAPI
package import StewardCore

/// Says, in the dane folder, which process carries the rollovers out: a file that it holds a lock on as long as it lives
/// (flock(2)). What keeps two processes from acting at a time are the deployments' own locks.
package final class LoopMark: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    private static func path(_ folder: String) -> String { "\(folder)/loop" }

    /// Marks this process; `by` is `helper` or `run`. The mark ends with the value or the process.
    /// - Throws: `Problem` `dane-busy` where another process is marked.
    package static func take(in folder: String, by: String) throws(Problem) -> LoopMark {
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor = open(path(folder), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Problem(
                "dane-state-unwritable", status: 500, title: "The folder of rollovers can't be used",
                detail:
                    "\(path(folder)) can't be opened: \(String(cString: strerror(errno))). Run this as root, or set 'dane.folder'."
            )
        }
        // Somebody who only looks holds the lock for a moment.
        var tries = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            tries += 1
            guard tries < 10 else {
                close(descriptor)
                let who = holder(in: folder).map { "\($0.by), pid \($0.pid ?? 0)" } ?? "unknown"
                throw Problem(
                    "dane-busy", status: 409, title: "Another process carries the rollovers out",
                    detail:
                        "Another process carries the rollovers of \(folder) out already (\(who)).\nStop it first, or ask it: 'steward dane', 'steward dane plan'."
                )
            }
            usleep(20_000)
        }
        let text = Array("\(by) \(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        return LoopMark(descriptor: descriptor)
    }

    /// Who is marked; nil where nobody is, or it can't be seen.
    package static func holder(in folder: String) -> DANELoop? {
        let descriptor = open(path(folder), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let by = words.first else { return DANELoop(by: "run") }
        return DANELoop(by: String(by), pid: words.count > 1 ? Int(words[1]) : nil)
    }
}
