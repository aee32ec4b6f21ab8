/// Where this process is in the hierarchies of control groups, as folders (cgroups(7)).
struct CgroupMounts: Hashable {
    /// Its folder in the one hierarchy of version 2.
    var unified: String?
    /// Its folders in hierarchies of version 1, by controller: `memory`, `pids`, `cpu`.
    var byController: [String: String] = [:]

    /// Reads what /proc/self/cgroup and /proc/self/mountinfo say.
    init(cgroup: String, mountinfo: String) {
        var paths: [String: String] = [:]
        for line in cgroup.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(fields[2])
            }
        }
        for line in mountinfo.split(separator: "\n") {
            guard let mount = Mount(line) else { continue }
            if mount.type == "cgroup2" {
                if let path = paths[""], let folder = mount.folder(of: path) { unified = unified ?? folder }
            } else if mount.type == "cgroup" {
                for controller in mount.options {
                    if let path = paths[controller], let folder = mount.folder(of: path) {
                        byController[controller] = byController[controller] ?? folder
                    }
                }
            }
        }
    }

    /// One line of mountinfo (proc_pid_mountinfo(5)).
    private struct Mount {
        var root: String
        var point: String
        var type: String
        var options: [String]

        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
            root = Self.plain(fields[3])
            point = Self.plain(fields[4])
            type = String(fields[dash + 1])
            options = fields[dash + 3].split(separator: ",").map(String.init)
        }

        /// Spaces and the like are written as `\040`.
        private static func plain(_ text: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(3)
                if byte == UInt8(ascii: "\\"), digits.count == 3,
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                {
                    bytes.append(value)
                    rest = rest.dropFirst(3)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        /// The folder of a group, if it is seen through this mount.
        func folder(of path: String) -> String? {
            guard root != "/" else { return path == "/" ? point : point + path }
            guard path == root || path.hasPrefix(root + "/") else { return nil }
            return point + path.dropFirst(root.utf8.count)
        }
    }
}
