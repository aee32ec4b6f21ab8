import Foundation
import Glibc
import StewardEdge
import StewardScripts

/// Whether the system allows as many descriptors and watches as the server may need, and whether the clock can be right.
enum LimitsCheck {
    /// The findings; `folders` is how many folders the zones have.
    static func findings(_ settings: ServerSettings, folders: Int) -> [CheckFinding] {
        [descriptors(settings), watches(folders), clock()].compactMap(\.self)
    }

    private static func descriptors(_ settings: ServerSettings) -> CheckFinding? {
        // The server raises its soft limit itself.
        let limit = DescriptorLimit.hard
        let workers = settings.zones.map { ($0.scripts.workers ?? 4) + $0.scripts.overflow }.reduce(0, +)
        // A worker has three descriptors here; the rest is for files, the database and spooled bodies.
        let wanted = settings.limits.connections + 3 * workers + 64
        let place = "open files"
        guard limit < wanted else {
            return CheckFinding(.ok, "limits", at: place, "\(limit) are allowed, \(wanted) may be needed.")
        }
        return CheckFinding(
            .warning, "limits", at: place,
            "\(limit) are allowed, but \(settings.limits.connections) connections and \(workers) workers may need \(wanted).",
            remedy: "Run 'ulimit -Hn \(wanted)' before (systemd: LimitNOFILE=\(wanted)), or lower 'limits.connections'."
        )
    }

    private static func watches(_ folders: Int) -> CheckFinding? {
        let file = "/proc/sys/fs/inotify/max_user_watches"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return nil }
        // The limit holds for all programs of the user together.
        guard limit < 2 * folders else {
            return CheckFinding(.ok, "limits", at: "inotify watches", "\(limit) are allowed, \(folders) are needed.")
        }
        return CheckFinding(
            .warning, "limits", at: "inotify watches",
            "\(limit) are allowed for all programs of this user, and the zones have \(folders) folders: without watches they are looked through again and again.",
            remedy: "Run 'sysctl fs.inotify.max_user_watches=\(max(65_536, 4 * folders))'.")
    }

    private static func clock() -> CheckFinding {
        let now = ExpiryDate.write(Date())
        var information = stat()
        if stat("/proc/self/exe", &information) == 0, time(nil) + 60 < information.st_mtim.tv_sec {
            return CheckFinding(
                .error, "clock", "It stands at \(now), before this program was installed.",
                remedy: "Set it (timedatectl set-ntp true, or chrony); expiry of keys and log times depend on it.")
        }
        return CheckFinding(.ok, "clock", "It stands at \(now).")
    }
}
