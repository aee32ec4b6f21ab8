internal import CLinux
import Glibc

/// The processes that a lease accounts for: its holder, what descends from it, what shares the session that it leads, what
/// carries the lease in its environment, and orphans that its launcher took in. Whoever was once seen stays known, also
/// when it went into a session of its own under another parent with another environment.
struct LeaseTree {
    let lease: String
    private(set) var root: GPUProcess?
    /// Adopts orphans of the tree and is no part of it: `steward gpu run`.
    let launcher: GPUProcess?
    /// None of its processes but the root began before, in clock ticks since boot.
    let since: UInt64
    private var known: Set<GPUProcess> = []

    /// The tree of a lease that is `isNew`, or of one taken up again.
    init(_ lease: GPULease, isNew: Bool) {
        since = isNew ? max(ProcessTable.ticks, 100) - 100 : 0
        self.lease = lease.id
        root = lease.holder
        launcher = lease.ticket.adopts == true ? lease.ticket.waiter.flatMap { $0.pid > 1 ? $0 : nil } : nil
    }

    mutating func begin(_ holder: GPUProcess) { root = holder }

    /// Who of the tree runs. Whoever carries another lease (by `marks`) is that one's.
    mutating func members(in table: ProcessTable, marks: [Int32: String]) -> [GPUProcess] {
        var found = Set(marks.filter { $0.value == lease }.keys)
        if let root, table.isAlive(root) {
            found.insert(root.pid)
            for (pid, entry) in table.entries where entry.session == root.pid { found.insert(pid) }
        }
        if let launcher, table.isAlive(launcher) { found.formUnion(table.descendants(of: launcher.pid)) }
        for process in known where table.isAlive(process) { found.insert(process.pid) }
        for pid in found { found.formUnion(table.descendants(of: pid)) }
        found.subtract(table.lineage(of: getpid()).union([1]))
        if let launcher { found.remove(launcher.pid) }
        found = found.filter { marks[$0] ?? lease == lease }
        let processes = found.compactMap { pid in
            table.entries[pid].flatMap { $0.isOver ? nil : GPUProcess(pid: pid, started: $0.started) }
        }
        known = Set(processes)
        return processes
    }

    /// Sends a signal to a process, unless its number has gone to another one.
    /// - Returns: false if that has to be tried again.
    static func send(_ signal: Int32, to process: GPUProcess, in processes: Processes) -> Bool {
        let descriptor = clinux_process_open(process.pid)
        guard descriptor >= 0 else { return errno == ESRCH }
        defer { close(descriptor) }
        // The descriptor is open: if the number is still this process's, the descriptor is too.
        switch processes.life(of: process) {
        case .alive: _ = clinux_process_signal(descriptor, signal)
        case .gone: break
        case .unknown: return false
        }
        return true
    }
}
