import Foundation
import Glibc
import StewardCertificates

/// Whether the section `certificates` can do what it says.
enum CertificatesCheck {
    /// The findings; none where nothing is set and no helper runs.
    static func findings(_ settings: CertificatesSettings) -> [CheckFinding] {
        let isRunning = UnixSocket.accepts(settings.helper.socket)
        guard settings.isSet || isRunning else { return [] }
        return trees(settings) + helper(settings, isRunning: isRunning) + users(settings)
    }

    private static func trees(_ settings: CertificatesSettings) -> [CheckFinding] {
        settings.trees.compactMap { tree in
            var information = stat()
            guard stat(tree, &information) == 0 else {
                // The server needn't be able to see it; the helper must.
                guard errno != EACCES else { return nil }
                return CheckFinding(
                    .warning, "certs", at: tree, "The tree can't be used: \(String(cString: strerror(errno))).",
                    remedy: "Correct 'certificates.trees': it names the folder that holds 'renewal' and 'live'.")
            }
            guard information.st_mode & S_IFMT == S_IFDIR else {
                return CheckFinding(
                    .error, "certs", at: tree, "The tree is no folder.", remedy: "Correct 'certificates.trees'.")
            }
            return CheckFinding(.ok, "certs", at: tree, "The tree is there.")
        }
    }

    private static func helper(_ settings: CertificatesSettings, isRunning: Bool) -> [CheckFinding] {
        let socket = settings.helper.socket
        guard socket.utf8.count <= UnixSocket.longestPath else {
            return [
                CheckFinding(
                    .error, "certs", at: socket,
                    "The socket's path has \(socket.utf8.count) bytes, and \(UnixSocket.longestPath) is the most.",
                    remedy: "Set 'certificates.helper.socket' to a shorter path.")
            ]
        }
        guard !isRunning else { return [CheckFinding(.ok, "certs", at: socket, "The helper listens.")] }
        return [
            CheckFinding(
                .warning, "certs", at: socket,
                "No helper listens: the server can neither watch certificates nor answer /_platform/certificates.",
                remedy: "Run 'steward helper' as root (deploy/systemd/steward-helper.service).")
        ]
    }

    /// Users that the helper is told to answer and that don't exist now.
    private static func users(_ settings: CertificatesSettings) -> [CheckFinding] {
        settings.helper.allow.filter { UInt32($0) == nil && getpwnam($0) == nil }.map { user in
            CheckFinding(
                .note, "certs", at: "certificates.helper.allow",
                "There is no user '\(user)' now; with systemd's DynamicUser it exists while the server runs.")
        }
    }
}
