/// A process's mounts (proc_pid_mountinfo(5)).
struct MountTable {
    private struct Mount {
        /// Device, the folder in its file system, and where it is mounted.
        var (device, root, point): (String, String, String)
    }

    private let mounts: [Mount]

    /// From the kernel's text.
    init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 5 else { return nil }
            return Mount(
                device: String(fields[2]), root: Self.unescaped(fields[3]), point: Self.unescaped(fields[4]))
        }
    }

    /// A folder that another namespace has mounted: as it is called here, and there.
    struct View: Hashable {
        var (source, destination): (String, String)

        /// Where the path `inside` of the other namespace is here: in the mounted folder, or that folder where `inside`
        /// holds it; nil if neither.
        func here(_ inside: String) -> String? {
            if let path = PathPrefix.rebased(inside, from: destination, to: source) { return path }
            return PathPrefix.contains(inside, destination) ? source : nil
        }

        /// Whether it is no more than the folder of one lineage of `trees`.
        func isOfOneLineage(_ trees: [CertbotTree]) -> Bool { Self.isOfOneLineage(source, trees) }

        /// Whether the folder or file `source` is no more than that of one lineage.
        static func isOfOneLineage(_ source: String, _ trees: [CertbotTree]) -> Bool {
            trees.contains { tree in
                guard let rest = PathPrefix.rebased(PathPrefix.normal(source), from: tree.path, to: "") else {
                    return false
                }
                let parts = rest.split(separator: "/")
                return parts.count > 1 && ["live", "archive", "renewal"].contains(parts[0])
            }
        }
    }

    /// The mounts here that show `tree`, a part of it, or a folder that holds it, by their own bind mount. `own` is the
    /// table of whoever calls the tree by that name. Whole file systems show everything and say nothing.
    func views(of tree: String, by own: MountTable) -> [View] {
        guard let place = own.place(of: tree) else { return [] }
        return mounts.compactMap { mount in
            guard mount.device == place.device, mount.root != "/" else { return nil }
            if mount.root == place.path || mount.root.hasPrefix(place.path + "/") {
                return View(source: tree + mount.root.dropFirst(place.path.count), destination: mount.point)
            }
            // A sandboxed service sees the machine's folders where they are; a container sees them elsewhere.
            guard place.path.hasPrefix(mount.root + "/") else { return nil }
            let rest = place.path.dropFirst(mount.root.count)
            return mount.point + rest == tree ? nil : View(source: tree, destination: mount.point + rest)
        }
    }

    /// The device and the path in its file system of a path here: by the last of the longest mount points above it.
    private func place(of path: String) -> (device: String, path: String)? {
        var best: Mount?
        for mount in mounts where mount.point == "/" || path == mount.point || path.hasPrefix(mount.point + "/") {
            if mount.point.utf8.count >= best?.point.utf8.count ?? 0 { best = mount }
        }
        guard let best else { return nil }
        let rest = best.point == "/" ? path[...] : path.dropFirst(best.point.count)
        return (best.device, best.root == "/" ? String(rest) : best.root + rest)
    }

    /// Blanks and the like stand as `\040`.
    private static func unescaped(_ field: Substring) -> String {
        guard field.contains("\\") else { return String(field) }
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 48) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
