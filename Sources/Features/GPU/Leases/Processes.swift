import Glibc

/// Single processes of this machine.
struct Processes: Sendable {
    /// Where the kernel shows them.
    var root = "/proc"

    /// Whether a process runs.
    enum Life: Hashable { case alive, gone, unknown(Int32) }

    /// What a process's environment says.
    enum Mark: Hashable {
        case lease(String)
        case none
        /// Nothing at all: it has no environment, or is just being replaced by another program (execve(2)).
        case bare
    }

    /// What /proc/PID/stat says.
    func look(_ pid: Int32) -> ProcLook<ProcessTable.Entry> {
        switch ProcFile.read("\(root)/\(pid)/stat", { ProcessTable.Entry(stat: $0) }) {
        case .there(let entry?): .there(entry)
        case .there(nil): .unknown(EIO)
        case .gone: .gone
        case .closed: .closed
        case .unknown(let code): .unknown(code)
        }
    }

    /// The process with this number, if there is one that can be seen and isn't over.
    func process(_ pid: Int32) -> GPUProcess? {
        guard case .there(let entry) = look(pid), !entry.isOver else { return nil }
        return GPUProcess(pid: pid, started: entry.started)
    }

    /// Whether the process still runs. One that was seen and is closed now may run.
    func life(of process: GPUProcess) -> Life {
        switch look(process.pid) {
        case .there(let entry): entry.started == process.started && !entry.isOver ? .alive : .gone
        case .gone: .gone
        case .closed: .unknown(EACCES)
        case .unknown(let code): .unknown(code)
        }
    }

    /// The processes above `pid`, its parent first; `pid` is none of them.
    func ancestors(of pid: Int32) -> [GPUProcess] {
        var found: [GPUProcess] = []
        var next = pid
        while case .there(let entry) = look(next), found.count < 1000 {
            if next != pid { found.append(GPUProcess(pid: next, started: entry.started)) }
            guard entry.parent > 0, entry.parent != next else { break }
            next = entry.parent
        }
        return found
    }

    /// The process `pid` as one that waits and may have a lease's tree beneath it. Never the first process, nor this one or
    /// what it runs beneath: what descends from those is nobody's tree.
    func waiter(_ pid: Int32) -> GPUProcess? {
        guard pid > 1, pid != getpid(), !ancestors(of: getpid()).contains(where: { $0.pid == pid }) else { return nil }
        return process(pid)
    }

    /// The lease that the process carries in its environment. Where its first thread has ended another one shows it.
    func mark(of pid: Int32, isHeadless: Bool = false) -> ProcLook<Mark> {
        let own = ProcFile.read("\(root)/\(pid)/environ", Mark.init)
        guard isHeadless, own.isBare, case .there(let threads) = ProcFile.numbers(in: "\(root)/\(pid)/task") else {
            return own
        }
        let others = threads.lazy.filter { $0 != pid }.map { thread in
            ProcFile.read("\(root)/\(pid)/task/\(thread)/environ", Mark.init)
        }
        return others.first { !$0.isBare } ?? own
    }
}

extension ProcLook<Processes.Mark> {
    /// Whether it is of a process that shows nothing: the kernel tells a memory that is given up as no process, too.
    fileprivate var isBare: Bool {
        switch self {
        case .there(.bare), .gone: true
        default: false
        }
    }
}

extension Processes.Mark {
    private static let wanted = Array("\(GPULease.marker)=".utf8)

    /// Of an environment.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            self = .bare
            return
        }
        var place = start
        let end = start + bytes.count
        while place < end {
            let left = end - place
            let length = memchr(place, 0, left).map { UnsafeRawPointer($0) - UnsafeRawPointer(place) } ?? left
            if length > Self.wanted.count, memcmp(place, Self.wanted, Self.wanted.count) == 0 {
                let value = UnsafeBufferPointer(
                    start: place + Self.wanted.count, count: length - Self.wanted.count)
                self = .lease(String(decoding: value, as: UTF8.self))
                return
            }
            place += length + 1
        }
        self = .none
    }
}

extension ProcessTable.Entry {
    /// Of /proc/PID/stat; fields are counted from behind the name, which may hold anything (proc_pid_stat(5)).
    init?(stat bytes: UnsafeBufferPointer<UInt8>) {
        guard let name = bytes.lastIndex(of: UInt8(ascii: ")")), name + 2 < bytes.count else { return nil }
        let state = bytes[name + 2]
        var (parent, session, threads, started) = (Int32(0), Int32(0), UInt64(0), UInt64(0))
        var (field, value, isNegative) = (3, UInt64(0), false)
        for byte in bytes[(name + 2)...] {
            if byte == UInt8(ascii: " ") || byte == 10 {
                switch field {
                case 4: parent = Int32(truncatingIfNeeded: value)
                case 6: session = isNegative ? -1 : Int32(truncatingIfNeeded: value)
                case 20: threads = value
                case 22: started = value
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
        let isHeadless = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        self.init(
            parent: parent, session: session, started: started, isHeadless: isHeadless,
            isOver: isHeadless && threads <= 1, isAsleep: state == UInt8(ascii: "D"))
    }
}
