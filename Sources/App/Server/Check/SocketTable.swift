import Foundation
import StewardAccess

/// The listening TCP sockets of this machine, from `/proc/net/tcp` and `/proc/net/tcp6` (proc_pid_net(5)).
struct SocketTable {
    /// One listening socket.
    struct Entry: Hashable {
        /// The address it is bound to.
        var address: IPAddress
        /// Its port.
        var port: Int
        /// Its inode, by which a process's descriptors show it.
        var inode: UInt64
        /// The user who made it.
        var user: UInt32
    }

    /// The sockets in state LISTEN.
    let entries: [Entry]

    /// The table as the system has it now.
    static var current: SocketTable {
        let texts = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        return SocketTable(texts.joined(separator: "\n"))
    }

    /// Reads the kernel's text.
    init(_ text: String) {
        entries = text.split(separator: "\n").compactMap { Self.entry($0.split(separator: " ")) }
    }

    private static func entry(_ fields: [Substring]) -> Entry? {
        guard fields.count > 9, fields[3] == "0A", let inode = UInt64(fields[9]), let user = UInt32(fields[7]),
            let colon = fields[1].lastIndex(of: ":"), let address = address(fields[1][..<colon]),
            let port = Int(fields[1][fields[1].index(after: colon)...], radix: 16)
        else { return nil }
        return Entry(address: address, port: port, inode: inode, user: user)
    }

    /// Addresses stand as 32-bit words in the machine's byte order.
    static func address(_ digits: Substring) -> IPAddress? {
        var bits: UInt128 = 0
        var rest = digits
        guard rest.count == 8 || rest.count == 32 else { return nil }
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bits = bits << 32 | UInt128(UInt32(bigEndian: word))
            rest = rest.dropFirst(8)
        }
        return digits.count == 8 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : IPAddress(bits: bits)
    }

    /// The sockets that keep `port` of one of `addresses` from being bound. A socket bound to every address takes
    /// the port of each, and binding every address needs the port of each.
    func holders(of port: Int, addresses: [IPAddress]) -> [Entry] {
        let everywhere = [IPAddress(v4: 0), IPAddress(bits: 0)]
        return entries.filter { entry in
            entry.port == port
                && (everywhere.contains(entry.address) || addresses.contains(entry.address)
                    || addresses.contains(where: everywhere.contains))
        }
    }

    /// The processes that hold one of `inodes`; only those that this user may look at.
    static func processes(holding inodes: Set<UInt64>) -> [(pid: pid_t, command: String)] {
        let links = Set(inodes.map { "socket:[\($0)]" })
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return pids.sorted().filter { pid in
            let folder = "/proc/\(pid)/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.contains { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")).map(links.contains)
                    ?? false
            }
        }.map { ($0, command($0)) }
    }

    private static func command(_ pid: pid_t) -> String {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return "?" }
        let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.prefix(4).joined(separator: " ")
    }
}
