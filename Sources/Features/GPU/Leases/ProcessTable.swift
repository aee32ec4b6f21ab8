import Glibc

/// The processes of this machine at one moment, from /proc.
struct ProcessTable {
    struct Entry: Hashable {
        var parent: Int32
        var session: Int32
        var started: UInt64
        var isZombie: Bool
    }

    private(set) var entries: [Int32: Entry] = [:]
    private var children: [Int32: [Int32]] = [:]

    /// Reads them all: a few microseconds each.
    init() {
        guard let folder = opendir("/proc") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = Int32(name), let found = Self.entry(pid) else { continue }
            entries[pid] = found
            children[found.parent, default: []].append(pid)
        }
    }

    /// What /proc/PID/stat says; fields are counted from behind the name, which may hold anything (proc_pid_stat(5)).
    static func entry(_ pid: Int32) -> Entry? {
        guard let bytes = read("/proc/\(pid)/stat", limit: 1024), let name = bytes.lastIndex(of: UInt8(ascii: ")")),
            name + 2 < bytes.count
        else { return nil }
        let fields = bytes[(name + 2)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
            let session = Int32(String(decoding: fields[3], as: UTF8.self)),
            let started = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        let state = fields[0].first
        return Entry(
            parent: parent, session: session, started: started,
            isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
    }

    /// The process with this number, if there is one that isn't over.
    static func process(_ pid: Int32) -> GPUProcess? {
        entry(pid).flatMap { $0.isZombie ? nil : GPUProcess(pid: pid, started: $0.started) }
    }

    /// Whether the process still runs.
    static func isAlive(_ process: GPUProcess) -> Bool { self.process(process.pid) == process }

    func isAlive(_ process: GPUProcess) -> Bool {
        entries[process.pid].map { $0.started == process.started && !$0.isZombie } ?? false
    }

    /// All that descend from `root`, without it.
    func descendants(of root: Int32) -> [Int32] {
        var found: [Int32] = []
        var rest = children[root] ?? []
        while let pid = rest.popLast() {
            found.append(pid)
            rest += children[pid] ?? []
        }
        return found
    }

    /// What a process's environment says.
    enum Mark: Hashable {
        case lease(String)
        case none
        /// Nothing at all: it has no environment, or is just being replaced by another program (execve(2)).
        case bare
    }

    /// The lease that the process carries in its environment; none where it can't be read.
    static func mark(of pid: Int32) -> Mark {
        guard let bytes = read("/proc/\(pid)/environ", limit: 4 << 20) else { return .none }
        guard !bytes.isEmpty else { return .bare }
        let wanted = Array("\(GPULease.marker)=".utf8)
        for variable in bytes.split(separator: 0) where variable.starts(with: wanted) {
            return .lease(String(decoding: variable.dropFirst(wanted.count), as: UTF8.self))
        }
        return .none
    }

    /// The leases that processes carry, and the processes of which that can't be said.
    func marks() -> (leases: [Int32: String], bare: Set<GPUProcess>) {
        var leases: [Int32: String] = [:]
        var bare: Set<GPUProcess> = []
        // The kernel's own threads descend from process 2.
        for (pid, entry) in entries where !entry.isZombie && pid != 2 && entry.parent != 2 {
            switch Self.mark(of: pid) {
            case .lease(let lease): leases[pid] = lease
            case .bare: bare.insert(GPUProcess(pid: pid, started: entry.started))
            case .none: break
            }
        }
        return (leases, bare)
    }

    private static func read(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let part = 4096
        while bytes.count < limit {
            let before = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: part))
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + before, part) }
            bytes.removeLast(part - max(count, 0))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 && bytes.isEmpty ? nil : bytes }
        }
        return bytes
    }

    /// This boot's id: numbers of processes mean nothing in another.
    static var boot: String {
        read("/proc/sys/kernel/random/boot_id", limit: 64).map {
            String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self)
        } ?? "unknown"
    }
}
