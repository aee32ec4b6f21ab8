import CLinux
import Glibc
import StewardSandbox

extension ZoneIsolation {
    /// Why its processes couldn't work: what their user can't get at, with the way out. Really tries, as that user.
    package func obstacles(interpreter: String) -> [String] {
        guard let identity else { return [] }
        var sentences: [String] = []
        let needed = [(interpreter, "run"), (runtime.readable.first ?? "", "read"), (folder, "read"), (scratch, "use")]
        for (path, verb) in needed where access(path, F_OK) == 0 {
            let mode = path == scratch ? Self.passes : Self.reads
            if let sentence = obstacle(path, verb: verb, mode: mode, as: identity) { sentences.append(sentence) }
        }
        return sentences
    }

    /// Paths of `read` and `write` that are of no use to its processes.
    package var unusable: [String] {
        let identity = identity ?? SandboxPolicy.Identity(user: geteuid(), group: getegid())
        var sentences: [String] = []
        for (paths, verb, mode) in [(settings.read, "read", Self.reads), (settings.write, "write to", Self.writes)] {
            for path in paths {
                if access(path, F_OK) != 0, errno == ENOENT {
                    sentences.append(
                        "\(path) of the zone \(zone) does not exist; make it, or remove it from the settings.")
                } else if self.identity != nil,
                    let sentence = obstacle(path, verb: verb, mode: mode, as: identity)
                {
                    sentences.append(sentence)
                }
            }
        }
        return sentences
    }

    private static let reads: Int32 = 0
    private static let writes: Int32 = 1
    private static let passes: Int32 = 2

    private func obstacle(_ path: String, verb: String, mode: Int32, as identity: SandboxPolicy.Identity) -> String? {
        let error = clinux_try_access(identity.user, identity.group, path, mode)
        guard error != 0 else { return nil }
        let what = "The scripts of the zone \(zone) run as user \(identity.user), who can't \(verb) \(path)"
        guard error == EACCES else { return "\(what): \(String(cString: strerror(error)))." }
        var parent = SettingsPath.folder(of: path)
        var closed: String?
        while parent != "/" {
            if clinux_try_access(identity.user, identity.group, parent + "/.", Self.passes) != 0 { closed = parent }
            parent = SettingsPath.folder(of: parent)
        }
        if let closed {
            return
                "\(what): the folder \(closed) is closed to them. Run 'chmod o+x \(closed)', or set 'user' of the zone (`server`: as the server itself)."
        }
        let right = mode == Self.writes ? "rwX" : "rX"
        return
            "\(what). Run 'setfacl -R -m u:\(identity.user):\(right) \(path)' or 'chmod -R o+\(right) \(path)', or set 'user' of the zone (`server`: as the server itself)."
    }
}
