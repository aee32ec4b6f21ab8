import Glibc
import StewardSandbox
import Testing

@Suite struct SocketTests {
    private func attempts(_ network: NetworkRule, _ more: String = "") throws -> [String: String] {
        var policy = Launched.policy
        policy.network = network
        return try Launched.attempts(
            policy,
            """
            S = socket
            attempt('tcp', lambda: S.socket())
            attempt('tcp6', lambda: S.socket(S.AF_INET6))
            attempt('udp', lambda: S.socket(S.AF_INET, S.SOCK_DGRAM))
            attempt('raw', lambda: S.socket(S.AF_INET, S.SOCK_RAW, 1))
            attempt('ping', lambda: S.socket(S.AF_INET, S.SOCK_DGRAM, 1))
            attempt('mptcp', lambda: S.socket(S.AF_INET, S.SOCK_STREAM, 262))
            attempt('sctp', lambda: S.socket(S.AF_INET, S.SOCK_STREAM, 132))
            attempt('packet', lambda: S.socket(S.AF_PACKET, S.SOCK_RAW))
            attempt('route', lambda: S.socket(S.AF_NETLINK, S.SOCK_RAW, 0))
            attempt('audit', lambda: S.socket(S.AF_NETLINK, S.SOCK_RAW, 9))
            attempt('algorithms', lambda: S.socket(38, 5))
            attempt('vsock', lambda: S.socket(40, 1))
            attempt('unix', lambda: S.socket(S.AF_UNIX))
            attempt('unix-datagram', lambda: S.socket(S.AF_UNIX, S.SOCK_DGRAM))
            attempt('pair', lambda: S.socketpair())
            attempt('pair-packets', lambda: S.socketpair(S.AF_UNIX, S.SOCK_SEQPACKET))
            attempt('pair-datagrams', lambda: S.socketpair(S.AF_UNIX, S.SOCK_DGRAM))
            \(more)
            """)
    }

    private func allowed(_ answers: [String: String]) -> [String] {
        answers.filter { $0.value == "allowed" }.keys.sorted()
    }

    @Test func withoutNetworkThereAreOnlyPairs() throws {
        let answers = try attempts(.none)
        #expect(allowed(answers) == ["pair", "pair-packets"])
        #expect(answers.count == 17)
        #expect(answers["algorithms"] == "EAFNOSUPPORT" && answers["unix"] == "EPERM")
    }

    @Test func outboundIsTCPAndUDPAndNothingListens() throws {
        let server = try Listener()
        let answers = try attempts(
            .outbound,
            """
            attempt('connect', lambda: S.create_connection(('127.0.0.1', \(server.port))))
            attempt('bind', lambda: S.socket().bind(('127.0.0.1', 0)))
            attempt('bind-udp', lambda: S.socket(S.AF_INET, S.SOCK_DGRAM).bind(('127.0.0.1', 0)))
            attempt('listen', lambda: S.socket().listen())
            attempt('send-udp', lambda: S.socket(S.AF_INET, S.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9)))
            attempt('resolve', lambda: S.getaddrinfo('localhost', 80))
            attempt('interfaces', lambda: S.if_nameindex())
            """)
        #expect(
            allowed(answers) == [
                "connect", "interfaces", "pair", "pair-packets", "resolve", "route", "send-udp", "tcp", "tcp6", "udp",
            ], "\(answers)")
        #expect(answers.count == 24)
    }

    @Test func destinationsAreClosedUntilSomebodyAnswersForThem() throws {
        let server = try Listener()
        let answers = try attempts(
            .only([.tcp(host: "127.0.0.1", port: Int(server.port))]),
            """
            attempt('connect-elsewhere', lambda: S.create_connection(('127.0.0.2', \(server.port)), 1))
            attempt('fast-open', lambda: S.socket().sendto(b'x', 0x20000000, ('127.0.0.2', \(server.port))))
            attempt('listen', lambda: S.socket().listen())
            """)
        #expect(
            ["connect-elsewhere", "fast-open", "listen", "udp", "raw"].allSatisfy { answers[$0] != "allowed" },
            "\(answers)")
        // Beside the answers there is the broker's line about the refusal.
        #expect(answers["connect-elsewhere"] != nil && answers["fast-open"] != nil && answers["raw"] != nil)
    }
}

/// A listener on loopback.
private final class Listener {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = descriptor
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = listen(listener, 8)
                _ = getsockname(listener, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
