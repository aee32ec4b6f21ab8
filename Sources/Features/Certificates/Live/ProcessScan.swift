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
    /// The other mount namespaces that see a tree.
    private(set) var spaces: [ForeignSpace] = []
    /// The signs of use.
    private(set) var report = EvidenceReport()
    let folder: String
    let trees: [CertbotTree]
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
        var members: [String: [Int32]] = [:]
        let own = link("self/ns/mnt")
        for id in ids() {
            var isReadable = false
            let space = link("\(id)/ns/mnt")
            let isForeign = space != nil && space != own
            scan(id, isForeign, &isReadable)
            if !isReadable { denied += 1 }
            if isForeign, let space { members[space, default: []].append(id) }
        }
        spaces = members.sorted { $0.value[0] < $1.value[0] }.compactMap { foreignSpace($0.key, $0.value) }
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

    func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            readlink("\(folder)/\(path)", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? FileName.shown(buffer[..<count]) : nil
    }

    /// At most a megabyte of a file of `/proc`, which has no size.
    func text(_ path: String) -> String {
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

    func facts(_ id: Int32) -> UsingProcess {
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

    static func resolved(_ path: String) -> String {
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
}
