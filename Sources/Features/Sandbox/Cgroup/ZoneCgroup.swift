import Glibc
import Synchronization

/// What the processes of a zone may use together.
package struct CgroupLimits: Sendable, Hashable {
    /// Bytes of memory, with the page cache of what they read; nil: no limit.
    package var memory: Int?
    /// Processes and threads; nil: no limit.
    package var processes: Int?
    /// Share of the processors against other groups, 1 to 10000, of which 100 is everybody's; nil: they aren't divided by groups.
    package var weight: Int?

    /// Limits of a zone.
    package init(memory: Int? = nil, processes: Int? = nil, weight: Int? = nil) {
        self.memory = memory
        self.processes = processes
        self.weight = weight
    }
}

/// The control group of one zone: made before its zygote starts, removed when nothing of it runs.
package struct ZoneCgroup: Sendable {
    /// Folders that its processes join, one a hierarchy.
    package let folders: [String]
    /// What it doesn't limit though that was asked for, in words.
    package let missing: [String]
    private let events: String?
    private let isUnified: [Bool]

    /// Makes the group.
    package init(_ zone: String, in groups: Cgroups, limits: CgroupLimits) throws(Cgroups.Absence) {
        let words = zone.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
        let name = "steward-\(getpid())-\(Self.numbers.next())-\(words.isEmpty ? "root" : String(words.prefix(100)))"
        var folders: [String] = []
        var missing: [String] = []
        var events: String?
        let bases = groups.bases.filter { $0.controllers != [.cpu] || limits.weight != nil }
        for base in bases {
            let folder = "\(base.folder)/\(name)"
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw Cgroups.Absence("\(folder) can't be made: \(String(cString: strerror(errno))).")
            }
            folders.append(folder)
            missing += Self.limit(folder, base, to: limits)
            if base.controllers.contains(.memory) {
                events = folder + (base.isUnified ? "/memory.events" : "/memory.oom_control")
            }
        }
        if limits.memory != nil, events == nil { missing.append("memory: no such controller") }
        if limits.processes != nil, !groups.controllers.contains(.pids) {
            missing.append("processes: no such controller")
        }
        self.folders = folders
        self.missing = missing
        self.events = events
        isUnified = bases.map(\.isUnified)
    }

    /// A zone that is replaced keeps its group while the next one has begun.
    private static let numbers = Numbers()

    /// Writes the limits; what can't be written, in words.
    private static func limit(_ folder: String, _ base: Cgroups.Base, to limits: CgroupLimits) -> [String] {
        var missing: [String] = []
        func set(_ file: String, _ value: String, for what: String?) {
            let reason = CgroupFile.write(value, to: "\(folder)/\(file)")
            if let reason, let what { missing.append("\(what): \(folder)/\(file): \(reason)") }
        }
        if base.controllers.contains(.memory) {
            let memory = limits.memory.map { "\($0)" }
            if base.isUnified {
                set("memory.max", memory ?? "max", for: "memory")
                set("memory.swap.max", memory == nil ? "max" : "0", for: nil)
                set("memory.oom.group", "0", for: nil)
            } else {
                // Lowering needs the one with swap last, raising needs it first.
                set("memory.memsw.limit_in_bytes", "-1", for: nil)
                set("memory.limit_in_bytes", memory ?? "-1", for: "memory")
                set("memory.memsw.limit_in_bytes", memory ?? "-1", for: nil)
            }
        }
        if base.controllers.contains(.pids) {
            set("pids.max", limits.processes.map { "\($0)" } ?? "max", for: "processes")
        }
        if base.controllers.contains(.cpu), let weight = limits.weight.map({ min(max($0, 1), 10_000) }) {
            if base.isUnified {
                set("cpu.weight", "\(weight)", for: "cpu")
            } else {
                set("cpu.shares", "\(max(2, weight * 1024 / 100))", for: "cpu")
            }
        }
        return missing
    }

    /// How many processes the kernel has ended because the group had used up its memory.
    package var memoryKills: Int { events.flatMap { CgroupFile.number("oom_kill", in: $0) } ?? 0 }

    /// Ends what still runs in it and removes it; false while something is left, which the kernel is still ending.
    @discardableResult
    package func remove() -> Bool {
        var isGone = true
        for (folder, isUnified) in zip(folders, isUnified) {
            if rmdir(folder) == 0 || errno == ENOENT { continue }
            if !isUnified || CgroupFile.write("1", to: folder + "/cgroup.kill") != nil {
                for line in CgroupFile.read(folder + "/cgroup.procs")?.split(separator: "\n") ?? [] {
                    if let process = pid_t(line), process > 1 { kill(process, SIGKILL) }
                }
            }
            if rmdir(folder) != 0, errno != ENOENT { isGone = false }
        }
        return isGone
    }
}

/// 1, 2, 3, ...
private final class Numbers: Sendable {
    private let last = Atomic(0)

    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
