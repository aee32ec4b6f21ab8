import CLinux
import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What /proc says of a process (proc(5)), as far as it tells what a lock's holder is doing.
struct ProcessFacts: Hashable, Sendable {
    var pid: Int32
    var command: [String] = []
    var since: Date?
    /// `R`, `S`, `D`, `T`, `Z`.
    var state: Character?
    /// The kernel function that it sleeps in; nil where that may not be read.
    var waitsIn: String?
    /// Whether its standard input is a terminal.
    var hasTerminal = false
    /// Open sockets.
    var sockets = 0
    /// The command lines of its children.
    var children: [[String]] = []
    /// The lines of its cgroup file.
    var cgroup: [String] = []

    /// Reads them; nil where there is no such process.
    /// - Parameter proc: Where proc is mounted.
    init?(pid: Int32, proc: String = "/proc") {
        self.pid = pid
        let folder = "\(proc)/\(pid)"
        guard let stat = Self.text("\(folder)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        state = fields.first?.first
        since = fields.count > 19 ? UInt64(fields[19]).flatMap { Self.date(ticks: $0, proc: proc) } : nil
        command = Self.command(folder)
        let wait = Self.text("\(folder)/wchan")
        waitsIn = wait == "0" || wait?.isEmpty == true ? nil : wait
        cgroup = (Self.text("\(folder)/cgroup") ?? "").split(separator: "\n").map(String.init)
        for descriptor in Self.names("\(folder)/fd") {
            let target = Self.link("\(folder)/fd/\(descriptor)") ?? ""
            if target.hasPrefix("socket:") { sockets += 1 }
            if descriptor == "0" && (target.hasPrefix("/dev/pts/") || target.hasPrefix("/dev/tty")) {
                hasTerminal = true
            }
        }
        for thread in Self.names("\(folder)/task") {
            let list = Self.text("\(folder)/task/\(thread)/children") ?? ""
            children += list.split(separator: " ").map { Self.command("\(proc)/\($0)") }.filter { !$0.isEmpty }
        }
    }

    /// For tests: the facts as given.
    init(
        pid: Int32, command: [String], since: Date? = nil, state: Character? = "S", waitsIn: String? = nil,
        hasTerminal: Bool = false, sockets: Int = 0, children: [[String]] = [], cgroup: [String] = []
    ) {
        self.pid = pid
        self.command = command
        self.since = since
        self.state = state
        self.waitsIn = waitsIn
        self.hasTerminal = hasTerminal
        self.sockets = sockets
        self.children = children
        self.cgroup = cgroup
    }

    private static func command(_ folder: String) -> [String] {
        (bytes("\(folder)/cmdline") ?? []).split(separator: 0).map { TreePath.shown($0) }
    }

    /// The time that is `ticks` clock ticks after the start of the machine.
    private static func date(ticks: UInt64, proc: String) -> Date? {
        let line = (text("\(proc)/stat") ?? "").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let boot = line.flatMap({ Double($0.dropFirst(6)) }) else { return nil }
        return Date(timeIntervalSince1970: boot + Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// Reads a file of /proc, at most 4 MiB of it.
    private static func bytes(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 4 << 20 {
            let count = read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }

    private static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink(path, &buffer, 4096)
        return count < 0 ? nil : String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
