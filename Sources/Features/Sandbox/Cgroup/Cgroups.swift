import Foundation
import Glibc

/// The control groups in which the server may make one for each zone: memory, processes and processor time of all its
/// processes together. Found once, when the server starts.
package struct Cgroups: Sendable, Hashable {
    /// Why there are none.
    package struct Absence: Error, Hashable, CustomStringConvertible {
        /// A sentence, with the way out.
        package var description: String
        init(_ description: String) { self.description = description }
    }

    /// What can be limited.
    package enum Controller: String, Sendable, CaseIterable, Hashable {
        case memory, pids, cpu
    }

    /// Folders that groups of zones are made in, with what each limits; `isUnified` is version 2 of control groups.
    struct Base: Sendable, Hashable {
        var folder: String
        var isUnified: Bool
        var controllers: Set<Controller>
    }

    var bases: [Base]

    /// Where groups of zones are made.
    package var folders: [String] { bases.filter { $0.controllers != [.cpu] }.map(\.folder) }

    /// What can be limited.
    package var controllers: Set<Controller> { bases.reduce(into: []) { $0.formUnion($1.controllers) } }

    /// The name of the group that the server moves itself into: with version 2 a group that limits others holds no process.
    static let leaf = "steward-server"

    /// Looks where this process is and prepares what it may use. Moves the process into a group of its own where that is
    /// needed, and only if it is alone in its group.
    package static func find() throws(Absence) -> Cgroups { try look(changes: true) }

    /// What a process that is where this one is could use; changes nothing.
    package static func survey() throws(Absence) -> Cgroups { try look(changes: false) }

    /// The survey, or why there is nothing to use.
    package static func surveyed() -> Result<Cgroups, Absence> {
        do throws(Absence) { return .success(try survey()) } catch { return .failure(error) }
    }

    private static func look(changes: Bool) throws(Absence) -> Cgroups {
        guard let cgroup = CgroupFile.read("/proc/self/cgroup"), let mounts = CgroupFile.read("/proc/self/mountinfo")
        else { throw Absence("/proc/self/cgroup can't be read: this kernel has no control groups.") }
        return try Cgroups(CgroupMounts(cgroup: cgroup, mountinfo: mounts), changes: changes)
    }

    init(_ bases: [Base]) { self.bases = bases }

    init(_ mounts: CgroupMounts, changes: Bool) throws(Absence) {
        bases = []
        var reasons: [String] = []
        if let folder = mounts.unified {
            switch Self.prepare(folder, changes: changes) {
            case .success(let base): bases.append(base)
            case .failure(let absence): reasons.append(absence.description)
            }
        }
        for controller in Controller.allCases where !controllers.contains(controller) {
            guard let folder = mounts.byController[controller.rawValue] else { continue }
            guard Self.canMakeGroups(in: folder) else {
                reasons.append("\(folder) can't be written to.")
                continue
            }
            if let index = bases.firstIndex(where: { $0.folder == folder }) {
                bases[index].controllers.insert(controller)
            } else {
                bases.append(Base(folder: folder, isUnified: false, controllers: [controller]))
            }
        }
        guard controllers.contains(.memory) || controllers.contains(.pids) else {
            throw Absence(
                reasons.first
                    ?? "No hierarchy of control groups with memory or pids is mounted (/sys/fs/cgroup). In a container, mount it writable."
            )
        }
        if changes { for base in bases { Self.clear(base) } }
    }

    /// Groups of servers that are gone.
    private static func clear(_ base: Base) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base.folder)) ?? [] {
            let fields = name.split(separator: "-", maxSplits: 2)
            guard fields.count == 3, fields[0] == "steward", let process = pid_t(fields[1]) else { continue }
            if kill(process, 0) != 0, errno == ESRCH { rmdir("\(base.folder)/\(name)") }
        }
    }

    /// Makes and removes one: permissions alone don't tell (a mount may be read-only).
    private static func canMakeGroups(in folder: String) -> Bool {
        let path = "\(folder)/steward-\(getpid())-probe"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { return false }
        let isUsable = access("\(path)/cgroup.procs", W_OK) == 0
        rmdir(path)
        return isUsable
    }

    // MARK: Version 2

    private static func prepare(_ own: String, changes: Bool) -> Result<Base, Absence> {
        var folder = own
        let isInLeaf = own.hasSuffix("/" + leaf)
        if isInLeaf { folder = String(own.dropLast(leaf.utf8.count + 1)) }
        let words = CgroupFile.read(folder + "/cgroup.controllers")?.split { $0 == " " || $0 == "\n" } ?? []
        let there = Set(words.compactMap { Controller(rawValue: String($0)) })
        guard !there.isDisjoint(with: [.memory, .pids]) else {
            return .failure(
                Absence(
                    "\(folder) has neither the memory nor the pids controller; delegate them (systemd: Delegate=yes)."))
        }
        guard canMakeGroups(in: folder) else {
            return .failure(Absence("\(folder) can't be written to; delegate it (systemd: Delegate=yes)."))
        }
        guard changes else { return .success(Base(folder: folder, isUnified: true, controllers: there)) }
        let isRoot = access(folder + "/cgroup.type", F_OK) != 0
        if !isInLeaf, !isRoot, let absence = moveIntoLeaf(folder) { return .failure(absence) }
        for controller in there {
            _ = CgroupFile.write("+\(controller.rawValue)", to: folder + "/cgroup.subtree_control")
        }
        let enabled = CgroupFile.read(folder + "/cgroup.subtree_control")?.split { $0 == " " || $0 == "\n" } ?? []
        let controllers = there.filter { enabled.contains(Substring($0.rawValue)) }
        guard !controllers.isDisjoint(with: [.memory, .pids]) else {
            return .failure(
                Absence(
                    "\(folder)/cgroup.subtree_control takes neither memory nor pids; delegate them (systemd: Delegate=yes)."
                ))
        }
        return .success(Base(folder: folder, isUnified: true, controllers: controllers))
    }

    private static func moveIntoLeaf(_ folder: String) -> Absence? {
        let process = getpid()
        let members = CgroupFile.read(folder + "/cgroup.procs")?.split(separator: "\n").compactMap { pid_t($0) } ?? []
        if let other = members.first(where: { $0 != process }) {
            return Absence(
                "Process \(other) shares the server's control group \(folder), which can't be divided with it inside; run the server as a service of its own (systemd: Delegate=yes)."
            )
        }
        let path = "\(folder)/\(leaf)"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            return Absence("\(path) can't be made: \(String(cString: strerror(errno))).")
        }
        return CgroupFile.write("\(process)", to: path + "/cgroup.procs").map {
            Absence("The server can't move to \(path): \($0).")
        }
    }
}
