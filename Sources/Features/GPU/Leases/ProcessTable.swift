import Glibc

/// The processes of this machine at one moment, from /proc.
struct ProcessTable {
    struct Entry: Hashable {
        var parent: Int32
        var session: Int32
        var started: UInt64
        /// Its first thread has ended; others may go on, with all that the process holds.
        var isHeadless: Bool
        /// Nothing of it runs any more.
        var isOver: Bool
        /// In a sleep that nothing interrupts (state D): what asks for its memory may wait with it.
        var isAsleep: Bool
    }

    /// Why there is no table.
    struct Unreadable: Error, Hashable {
        var code: Int32
        var text: String { String(cString: strerror(code)) }
    }

    private let processes: Processes
    private(set) var entries: [Int32: Entry] = [:]
    private var children: [Int32: [Int32]] = [:]

    /// Reads them all: a few microseconds each. One that can't be read now is no process that is gone.
    init(_ processes: Processes = Processes()) throws(Unreadable) {
        self.processes = processes
        let numbers: [Int32]
        switch ProcFile.numbers(in: processes.root) {
        case .there(let found): numbers = found
        case .gone: throw Unreadable(code: ENOENT)
        case .closed: throw Unreadable(code: EACCES)
        case .unknown(let code): throw Unreadable(code: code)
        }
        for pid in numbers {
            switch processes.look(pid) {
            case .there(let entry):
                entries[pid] = entry
                children[entry.parent, default: []].append(pid)
            case .gone, .closed: break
            case .unknown(let code): throw Unreadable(code: code)
            }
        }
    }

    func isAlive(_ process: GPUProcess) -> Bool {
        entries[process.pid].map { $0.started == process.started && !$0.isOver } ?? false
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

    /// `pid` and what it descends from.
    func lineage(of pid: Int32) -> Set<Int32> {
        var found: Set<Int32> = []
        var next = pid
        while next > 0, found.insert(next).inserted, let entry = entries[next] { next = entry.parent }
        return found
    }

    /// The leases that processes carry.
    struct Marks {
        var leases: [Int32: String] = [:]
        /// Those that show no environment.
        var bare: Set<GPUProcess> = []
        /// Those that are asleep, so that they can't be asked.
        var asleep: Set<GPUProcess> = []
    }

    /// The leases that processes carry that began at `ticks` or later, and the processes of which that can't be said.
    func marks(since ticks: UInt64) throws(Unreadable) -> Marks {
        var marks = Marks()
        // The kernel's own threads descend from process 2.
        for (pid, entry) in entries
        where entry.started >= ticks && !entry.isOver && pid != 2 && entry.parent != 2 {
            let process = GPUProcess(pid: pid, started: entry.started)
            guard !entry.isAsleep else {
                marks.asleep.insert(process)
                continue
            }
            switch processes.mark(of: pid, isHeadless: entry.isHeadless) {
            case .there(.lease(let lease)): marks.leases[pid] = lease
            // One that ends gives up its memory, and with it what it carries, before its files: the card is still open.
            case .there(.bare), .gone: marks.bare.insert(process)
            case .there(.none), .closed, .unknown(EFBIG): break
            case .unknown(let code): throw Unreadable(code: code)
            }
        }
        return marks
    }

    /// Clock ticks since boot, as `started` counts them.
    static var ticks: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let ticks = UInt64(sysconf(Int32(_SC_CLK_TCK)))
        return UInt64(time.tv_sec) * ticks + UInt64(time.tv_nsec) * ticks / 1_000_000_000
    }

    /// This boot's id: numbers of processes mean nothing in another.
    static var boot: String {
        let found = ProcFile.read("/proc/sys/kernel/random/boot_id") {
            String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self)
        }
        return if case .there(let boot) = found { boot } else { "unknown" }
    }
}
