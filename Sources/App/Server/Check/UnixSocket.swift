import CLinux
import Glibc

/// Questions to a Unix socket that need no conversation.
package enum UnixSocket {
    /// The longest path that a Unix socket can have in bytes (unix(7): `sun_path` with its final NUL).
    package static let longestPath = 107

    /// Whether somebody listens at `path`.
    package static func accepts(_ path: String) -> Bool {
        guard let descriptor = connected(path) else { return false }
        close(descriptor)
        return true
    }

    /// The process that listens at `path`; nil if none does.
    package static func listener(_ path: String) -> pid_t? {
        guard let descriptor = connected(path) else { return nil }
        defer { close(descriptor) }
        var (user, group, process): (uid_t, gid_t, pid_t) = (0, 0, 0)
        return clinux_peer(descriptor, &user, &group, &process) == 0 ? process : nil
    }

    private static func connected(_ path: String) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count <= longestPath else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 { return descriptor }
        close(descriptor)
        return nil
    }
}
