import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A TCP socket that listens (proc_pid_net(5)).
struct Listener: Hashable, Sendable {
    /// The address that it is bound to, in digits; `0.0.0.0` and `::` for every address.
    var address: String
    /// Its port.
    var port: Int
    /// Its inode, by which descriptors of processes show it.
    var inode: UInt64

    /// Whether it listens on every address.
    var isEverywhere: Bool { address == "0.0.0.0" || address == "::" }

    /// This machine's.
    static var current: [Listener] {
        ["tcp", "tcp6"].compactMap { try? String(contentsOfFile: "/proc/net/\($0)", encoding: .utf8) }
            .flatMap(parse)
    }

    /// The listening sockets in the kernel's text, `/proc/net/tcp` or `tcp6`.
    static func parse(_ text: String) -> [Listener] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let inode = UInt64(fields[9]) else { return nil }
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1], radix: 16), let address = address(parts[0]) else {
                return nil
            }
            return Listener(address: address, port: port, inode: inode)
        }
    }

    /// Addresses stand as 32-bit words in the machine's byte order; mapped IPv4 ones come out as IPv4.
    private static func address(_ digits: Substring) -> String? {
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = digits
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            withUnsafeBytes(of: word) { bytes += $0 }
            rest = rest.dropFirst(8)
        }
        let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
        return CertificateReader.address(isMapped ? Array(bytes[12...]) : bytes)
    }
}

/// A process by which something is used.
struct UsingProcess: Hashable, Sendable {
    /// Its id.
    var id: Int32
    /// Its name (`/proc/PID/comm`).
    var name: String
    /// The systemd unit that it belongs to, where its control group names one.
    var unit: String?
    /// The container that it runs in, by the first 12 digits of its id.
    var container: String?

    /// `postfix (pid 812, postfix.service)`.
    var text: String {
        let place = container.map { "container \($0)" } ?? unit
        return "\(name) (pid \(id)\(place.map { ", \($0)" } ?? ""))"
    }

    /// From the texts of `/proc/PID/comm` and `/proc/PID/cgroup`.
    init(id: Int32, comm: String, cgroup: String) {
        self.id = id
        name = comm.filter { !$0.isNewline }
        let parts = cgroup.split { $0 == "/" || $0 == "\n" || $0 == ":" }
        unit = parts.last { $0.hasSuffix(".service") }.map(String.init)
        container = parts.lazy.compactMap(Self.containerID).first
    }

    /// `docker-<64 hex>.scope`, `<64 hex>`, `libpod-<64 hex>.scope`.
    private static func containerID(_ part: Substring) -> String? {
        let bare = part.split { $0 == "-" || $0 == "." }.first { $0.count == 64 && $0.allSatisfy(\.isHexDigit) }
        return bare.map { String($0.prefix(12)) }
    }
}

/// Addresses of this machine's interfaces.
enum OwnAddresses {
    /// In digits, without those of loopback and without link-local ones.
    static var current: [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found: [String] = []
        var next = first
        while let entry = next {
            if let text = entry.pointee.ifa_addr.flatMap(digits), !found.contains(text), isUsable(text) {
                found.append(text)
            }
            next = entry.pointee.ifa_next
        }
        return found
    }

    private static func isUsable(_ text: String) -> Bool {
        !text.hasPrefix("127.") && text != "::1" && !text.hasPrefix("fe80:") && !text.hasPrefix("169.254.")
    }

    private static func digits(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                CertificateReader.address(withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) })
            }
        case AF_INET6:
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                CertificateReader.address(withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) })
            }
        default: return nil
        }
    }
}
