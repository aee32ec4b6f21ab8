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
        withFile("/proc/\(pid)/stat") { bytes -> Entry? in
            guard let name = bytes.lastIndex(of: UInt8(ascii: ")")), name + 2 < bytes.count else { return nil }
            let state = bytes[name + 2]
            var numbers = (parent: Int32(0), session: Int32(0), started: UInt64(0))
            var (field, value, isNegative) = (3, UInt64(0), false)
            for byte in bytes[(name + 2)...] {
                if byte == UInt8(ascii: " ") || byte == 10 {
                    switch field {
                    case 4: numbers.parent = Int32(truncatingIfNeeded: value)
                    case 6: numbers.session = isNegative ? -1 : Int32(truncatingIfNeeded: value)
                    case 22: numbers.started = value
                    default: break
                    }
                    (field, value, isNegative) = (field + 1, 0, false)
                    if field > 22 { break }
                } else if byte == UInt8(ascii: "-") {
                    isNegative = true
                } else {
                    value = value &* 10 &+ UInt64(byte &- 0x30)
                }
            }
            guard field > 22 else { return nil }
            return Entry(
                parent: numbers.parent, session: numbers.session, started: numbers.started,
                isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
        } ?? nil
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
        let mark = withFile("/proc/\(pid)/environ") { (bytes: UnsafeBufferPointer<UInt8>) -> Mark in
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return .bare }
            var place = start
            let end = start + bytes.count
            while place < end {
                let left = end - place
                let length = memchr(place, 0, left).map { UnsafeRawPointer($0) - UnsafeRawPointer(place) } ?? left
                if length > wanted.count, memcmp(place, wanted, wanted.count) == 0 {
                    let value = UnsafeBufferPointer(start: place + wanted.count, count: length - wanted.count)
                    return .lease(String(decoding: value, as: UTF8.self))
                }
                place += length + 1
            }
            return .none
        }
        return mark ?? .none
    }

    private static let wanted = Array("\(GPULease.marker)=".utf8)

    /// The leases that processes carry that began at `ticks` or later, and the processes of which that can't be said.
    func marks(since ticks: UInt64) -> (leases: [Int32: String], bare: Set<GPUProcess>) {
        var leases: [Int32: String] = [:]
        var bare: Set<GPUProcess> = []
        // The kernel's own threads descend from process 2.
        for (pid, entry) in entries
        where entry.started >= ticks && !entry.isZombie && pid != 2 && entry.parent != 2 {
            switch Self.mark(of: pid) {
            case .lease(let lease): leases[pid] = lease
            case .bare: bare.insert(GPUProcess(pid: pid, started: entry.started))
            case .none: break
            }
        }
        return (leases, bare)
    }

    /// Clock ticks since boot, as `started` counts them.
    static var ticks: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let ticks = UInt64(sysconf(Int32(_SC_CLK_TCK)))
        return UInt64(time.tv_sec) * ticks + UInt64(time.tv_nsec) * ticks / 1_000_000_000
    }

    /// The bytes of a file of /proc, 4 MiB at most; nil where it can't be read.
    private static func withFile<Value>(_ path: String, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var room = 16 << 10
        while true {
            let result = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { buffer -> Value?? in
                var filled = 0
                while filled < room {
                    let count = Glibc.read(descriptor, buffer.baseAddress! + filled, room - filled)
                    if count < 0, errno == EINTR { continue }
                    if count < 0 { return .some(nil) }
                    if count == 0 { return body(UnsafeBufferPointer(start: buffer.baseAddress, count: filled)) }
                    filled += count
                }
                return nil
            }
            if let result { return result }
            guard room < 4 << 20, lseek(descriptor, 0, SEEK_SET) == 0 else { return nil }
            room *= 16
        }
    }

    /// This boot's id: numbers of processes mean nothing in another.
    static var boot: String {
        withFile("/proc/sys/kernel/random/boot_id") { String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self) }
            ?? "unknown"
    }
}
