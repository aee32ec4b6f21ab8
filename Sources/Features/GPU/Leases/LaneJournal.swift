import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Leases and tickets on disk, a JSON file each, so that they outlive the server. They outlive no reboot: no process does,
/// and what was written before one is dropped. A file is replaced as a whole; nothing waits for the disk, for what the kernel
/// has taken survives the end of a process.
struct LaneJournal {
    /// What was there.
    struct Content {
        var leases: [GPULease] = []
        var tickets: [GPUTicket] = []
        var memory = Memory()
        /// Files that could not be read, and those of an earlier boot.
        var dropped = 0
    }

    /// What the lane remembers beside them.
    struct Memory: Codable {
        var accounts: [String: CallerUsage] = [:]
        var drained: Set<String> = []
        var expected: Double?
        var boot: String?
        var clock: Double?
    }

    private struct Entry<Value: Codable>: Codable {
        var boot: String
        /// What the writer's clock added to the boot's; files of before have none.
        var clock: Double?
        var value: Value
    }

    let folder: String
    private let boot = ProcessTable.boot
    private let clock: Double

    /// The journal in `folder`, which it makes; `clock` is added to the boot's clock for its moments.
    /// - Throws: an errno value.
    init(folder: String, clock: Double = LaneClock.offset) throws(Errno) {
        self.folder = folder
        self.clock = clock
        for path in [folder, "\(folder)/leases", "\(folder)/tickets"] {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Errno(errno) }
        }
    }

    /// A system's reason.
    struct Errno: Error {
        var code: Int32
        init(_ code: Int32) { self.code = code }
        var text: String { String(cString: strerror(code)) }
    }

    func save(_ lease: GPULease) throws(Errno) {
        try write(Entry(boot: boot, clock: clock, value: lease), to: "\(folder)/leases/\(lease.id).json")
    }

    func save(_ ticket: GPUTicket) throws(Errno) {
        try write(Entry(boot: boot, clock: clock, value: ticket), to: "\(folder)/tickets/\(ticket.id).json")
    }

    func save(_ memory: Memory) throws(Errno) {
        var memory = memory
        (memory.boot, memory.clock) = (boot, clock)
        try write(memory, to: "\(folder)/lane.json")
    }

    func forgetLease(_ id: String) { unlink("\(folder)/leases/\(id).json") }

    func forgetTicket(_ id: String) { unlink("\(folder)/tickets/\(id).json") }

    /// Reads everything; drops what is of another boot, damaged, or both a ticket and a lease.
    func load() -> Content {
        var content = Content()
        content.leases = read("leases", &content.dropped)
        content.tickets = read("tickets", &content.dropped)
        let granted = Set(content.leases.map(\.id))
        for ticket in content.tickets where granted.contains(ticket.id) { forgetTicket(ticket.id) }
        content.tickets.removeAll { granted.contains($0.id) }
        if let data = FileManager.default.contents(atPath: "\(folder)/lane.json"),
            var memory = try? JSONDecoder().decode(Memory.self, from: data)
        {
            if memory.boot == boot, let shift = shift(from: memory.clock) {
                memory.accounts = memory.accounts.mapValues { $0.shifted(by: shift) }
            }
            content.memory = memory
        }
        return content
    }

    /// How much later the moments of a file are by this clock: the time of day may have been set since. Of another boot nothing
    /// else can be told.
    private func shift(from written: Double?) -> Double? { written.map { clock - $0 } }

    private func read<Value: Codable & Identifiable & Timed>(_ name: String, _ dropped: inout Int) -> [Value] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []
        return names.sorted().compactMap { file in
            let path = "\(folder)/\(name)/\(file)"
            if file.hasSuffix(".json"), let data = FileManager.default.contents(atPath: path),
                let entry = try? JSONDecoder().decode(Entry<Value>.self, from: data), entry.boot == boot
            {
                var value = entry.value
                if let shift = shift(from: entry.clock) { value.shift(by: shift) }
                return value
            }
            unlink(path)
            if file.hasSuffix(".json") { dropped += 1 }
            return nil
        }
    }

    private func write(_ value: some Encodable, to path: String) throws(Errno) {
        guard let data = try? JSONEncoder().encode(value) else { throw Errno(EINVAL) }
        let partial = path + ".new"
        let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Errno(errno) }
        let written = data.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        let error = written == data.count ? 0 : (written < 0 ? errno : ENOSPC)
        close(file)
        guard error == 0, rename(partial, path) == 0 else {
            let reason = error == 0 ? errno : error
            unlink(partial)
            throw Errno(reason)
        }
    }
}
