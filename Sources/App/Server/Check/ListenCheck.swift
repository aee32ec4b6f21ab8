import Foundation
import Glibc
import StewardAccess
import StewardEdge

/// Whether the addresses to listen on can be had, and who has them if not.
enum ListenCheck {
    /// The findings for each address.
    static func findings(_ settings: ServerSettings) -> [CheckFinding] {
        let server = UnixSocket.listener(StateFolder(settings.state).socket)
        return (settings.listen + settings.tls.listen).map { finding($0, state: settings.state, server: server) }
    }

    private static func finding(_ listen: ListenAddress, state: String, server: pid_t?) -> CheckFinding {
        let place = listen.description
        let resolved = resolve(listen)
        guard !resolved.isEmpty else {
            return CheckFinding(
                .error, "listen", at: place, "The name \(listen.host) leads to no address.",
                remedy: "Write an address, or correct the name.")
        }
        guard let code = resolved.compactMap(bindFailure).first else {
            return CheckFinding(.ok, "listen", at: place, "It is free.")
        }
        switch code {
        case EADDRINUSE: return inUse(listen, addresses: resolved.compactMap(\.ip), state: state, server: server)
        case EACCES:
            return CheckFinding(
                .error, "listen", at: place, "This user may not listen on ports below 1024.",
                remedy: "Use a higher port behind a proxy, or grant CAP_NET_BIND_SERVICE as docs/guides/tls.md does it.")
        case EADDRNOTAVAIL:
            return CheckFinding(
                .error, "listen", at: place, "No interface of this machine has the address \(listen.host).",
                remedy: "See 'ip address', or listen on 0.0.0.0:\(listen.port).")
        default:
            return CheckFinding(
                .error, "listen", at: place, "It can't be bound: \(String(cString: strerror(code))).",
                remedy: "Choose another with 'listen:' or --listen.")
        }
    }

    private static func inUse(
        _ listen: ListenAddress, addresses: [IPAddress], state: String, server: pid_t?
    ) -> CheckFinding {
        let holders = SocketTable.current.holders(of: listen.port, addresses: addresses)
        let processes = SocketTable.processes(holding: Set(holders.map(\.inode)))
        if let server, processes.contains(where: { $0.pid == server }) {
            return CheckFinding(
                .ok, "listen", at: listen.description,
                "The running server of this state folder has it (process \(server)).")
        }
        let remedy = "Stop it, or choose another address with 'listen:' or --listen."
        guard let process = processes.first else {
            let user = holders.first.map { ", a process of user \($0.user)" } ?? ""
            return CheckFinding(
                .error, "listen", at: listen.description, "Another program has it\(user).",
                remedy: "See 'sudo ss -ltnp', or choose another address with 'listen:' or --listen.")
        }
        return CheckFinding(
            .error, "listen", at: listen.description, "Process \(process.pid) has it: \(process.command).",
            remedy: remedy)
    }

    private struct Resolved {
        var family: Int32
        var address: [UInt8]
        var ip: IPAddress?
    }

    private static func resolve(_ listen: ListenAddress) -> [Resolved] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(listen.host, "\(listen.port)", &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        // The server binds the first address that a name leads to.
        guard let first = list?.pointee, let address = first.ai_addr else { return [] }
        let bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        getnameinfo(address, first.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let ip = IPAddress(name.prefix { $0 != "%" })
        return [Resolved(family: first.ai_family, address: bytes, ip: ip)]
    }

    /// The errno value with which binding fails, as the server would bind; nil if it works.
    private static func bindFailure(_ resolved: Resolved) -> Int32? {
        let descriptor = socket(resolved.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let result = resolved.address.withUnsafeBytes { bytes in
            bind(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        return result == 0 ? nil : errno
    }
}
