import Foundation
import Glibc
import StewardDANE

extension DANECheck {
    /// Whether a file or folder that only root may read is so.
    static func secret(_ path: String, what: String, mayBeMissing: Bool = false) -> [CheckFinding] {
        var information = stat()
        guard stat(path, &information) == 0 else {
            // Who may not look there can't say more; the helper can.
            guard errno != EACCES, !(mayBeMissing && errno == ENOENT) else { return [] }
            return [missing(path, what: what, code: errno, remedy: "Correct the path, or make the file.")]
        }
        let mode = String(information.st_mode & 0o777, radix: 8)
        if information.st_mode & 0o007 != 0 {
            return [
                CheckFinding(
                    .error, "dane", at: path, "\(what) is open to every user of this machine (mode \(mode)).",
                    remedy: "Run 'chmod o= \(path)'; if others may have read it, replace it.")
            ]
        }
        if information.st_mode & 0o070 != 0, information.st_gid != 0 {
            let group = getgrgid(information.st_gid).map { String(cString: $0.pointee.gr_name) }
            return [
                CheckFinding(
                    .note, "dane", at: path,
                    "\(what) is open to the group \(group ?? String(information.st_gid)) (mode \(mode)); see that the scripts' users aren't in it."
                )
            ]
        }
        return [CheckFinding(.ok, "dane", at: path, "\(what) is its owner's alone.")]
    }

    /// Whether a file is there.
    static func present(_ path: String, what: String, remedy: String) -> [CheckFinding] {
        guard access(path, F_OK) != 0, errno != EACCES else { return [] }
        return [missing(path, what: what, code: errno, remedy: remedy)]
    }

    private static func missing(_ path: String, what: String, code: Int32, remedy: String) -> CheckFinding {
        CheckFinding(
            .error, "dane", at: path, "\(what) can't be used: \(String(cString: strerror(code))).", remedy: remedy)
    }

    /// Whether the program that `words` begin with is installed.
    static func program(_ words: [String], setting: String) -> [CheckFinding] {
        guard let name = words.first, Command.find(name) == nil else { return [] }
        return [
            CheckFinding(
                .error, "dane", at: setting, "There is no program '\(name)'.",
                remedy: "Install it, or set '\(setting)' to how it is run here.")
        ]
    }
}
