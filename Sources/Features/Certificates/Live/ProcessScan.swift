import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One pass over `/proc`: who holds which listening socket, who has files of a tree open or mapped, which mount
/// namespaces see a tree.
struct ProcessScan: Sendable {
    /// The processes that hold a socket, by its inode; the oldest first.
    private(set) var holders: [UInt64: [UsingProcess]] = [:]
    /// The signs of use.
    private(set) var report = EvidenceReport()
    private let folder: String
    private let trees: [CertbotTree]
    /// The trees' folders with symlinks resolved, as the kernel names them.
    private let folders: [String]
    /// As processes in other mount namespaces may call them.
    private let foreign: [String]

    /// Scans the processes of `folder` for files of `trees`.
    init(trees: [CertbotTree], folder: String = "/proc") {
        self.trees = trees
        self.folder = folder
        folders = trees.flatMap { [$0.path, Self.resolved($0.path)] }.map { $0 + "/" }
        foreign = trees.map { $0.ownPath + "/" }
        var denied = 0
        var namespaces: Set<String> = []
        let own = link("self/ns/mnt")
        for id in ids() {
            var isReadable = false
            let space = link("\(id)/ns/mnt")
            let isForeign = space != nil && space != own
            scan(id, isForeign, &isReadable)
            if !isReadable { denied += 1 }
            guard isForeign, let space, !trees.isEmpty, !isCertbot(id), namespaces.insert(space).inserted else {
                continue
            }
            scanMounts(id)
        }
        report.looked.append("open files and mounts of processes")
        if denied > 0 {
            let reason =
                "the open files of \(denied) processes can't be listed (permission denied); run it as root, or through "
                + "'steward helper'"
            report.unread.append(UnreadPlace("open files of processes", reason: reason))
        }
    }

    private func ids() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { Int32($0) }.sorted()
    }

    private func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            readlink("\(folder)/\(path)", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? FileName.shown(buffer[..<count]) : nil
    }

    /// At most a megabyte of a file of `/proc`, which has no size.
    private func text(_ path: String) -> String {
        let descriptor = open("\(folder)/\(path)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1 << 20 {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func facts(_ id: Int32) -> UsingProcess {
        UsingProcess(id: id, comm: text("\(id)/comm"), cgroup: text("\(id)/cgroup"))
    }

    /// Whether its command line speaks of certbot: its own view of the tree is no use of a certificate.
    private func isCertbot(_ id: Int32) -> Bool { text("\(id)/cmdline").contains("certbot") }

    private mutating func scan(_ id: Int32, _ isForeign: Bool, _ isReadable: inout Bool) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(id)/fd") else {
            // A process that has ended meanwhile is nothing to worry about.
            isReadable = access("\(folder)/\(id)", F_OK) != 0
            return
        }
        isReadable = true
        var facts: UsingProcess?
        var seen: Set<String> = []
        for name in names {
            guard let target = link("\(id)/fd/\(name)") else { continue }
            if target.hasPrefix("socket:["), let inode = UInt64(target.dropFirst(8).dropLast()) {
                let known = facts ?? self.facts(id)
                facts = known
                holders[inode, default: []].append(known)
            } else if isInTree(target, isForeign), seen.insert(target).inserted, id != getpid(), !isCertbot(id) {
                note(target, facts ?? self.facts(id), "has it open")
            }
        }
        for target in mapped(id, isForeign) where seen.insert(target).inserted && id != getpid() && !isCertbot(id) {
            note(target, facts ?? self.facts(id), "has it mapped")
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private func isInTree(_ path: String, _ isForeign: Bool) -> Bool {
        folders.contains { path.hasPrefix($0) } || isForeign && foreign.contains { path.hasPrefix($0) }
    }

    private func mapped(_ id: Int32, _ isForeign: Bool) -> [String] {
        guard !trees.isEmpty else { return [] }
        let maps = text("\(id)/maps")
        guard (folders + foreign).contains(where: { maps.contains($0) }) else { return [] }
        return maps.split(separator: "\n").compactMap { line in
            line.firstIndex(of: "/").map { String(line[$0...]) }.flatMap { isInTree($0, isForeign) ? $0 : nil }
        }
    }

    private mutating func note(_ path: String, _ process: UsingProcess, _ how: String) {
        let mark = " (deleted)"
        let isDeleted = path.hasSuffix(mark)
        let file = isDeleted ? String(path.dropLast(mark.count)) : path
        // Locks and logs that lie in a tree are certbot's own.
        guard !file.hasSuffix("/.certbot.lock") else { return }
        report.evidence.append(
            Evidence(
                .process, at: Place(process.text), target: .path(file),
                detail: isDeleted ? "\(how) though it is deleted" : how))
    }

    private mutating func scanMounts(_ id: Int32) {
        let own = MountTable(text("self/mountinfo"))
        let other = MountTable(text("\(id)/mountinfo"))
        for tree in trees {
            for view in other.views(of: tree.path, by: own) {
                let process = facts(id)
                let name = process.container.map { "container \($0)" } ?? process.text
                let sign = Evidence(
                    .mount, at: Place("\(name): \(view.destination)"), target: .path(view.source),
                    detail: "\(process.name) sees it there")
                if !report.evidence.contains(sign) { report.evidence.append(sign) }
            }
        }
    }
}

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
