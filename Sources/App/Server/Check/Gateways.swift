import Foundation
import StewardAccess

/// The addresses from which calls seem to come that enter a container through its gateway.
enum Gateways {
    /// Those of this machine; none outside a container, where the default gateway rewrites no addresses.
    static var current: [IPAddress] {
        guard isContainer else { return [] }
        let v4 = (try? String(contentsOfFile: "/proc/net/route", encoding: .utf8)) ?? ""
        let v6 = (try? String(contentsOfFile: "/proc/net/ipv6_route", encoding: .utf8)) ?? ""
        return parse(route: v4) + parse(route6: v6)
    }

    private static var isContainer: Bool {
        ["/.dockerenv", "/run/.containerenv"].contains { FileManager.default.fileExists(atPath: $0) }
            || ProcessInfo.processInfo.environment["KUBERNETES_SERVICE_HOST"] != nil
    }

    /// The default gateways of `/proc/net/route`: destination 0.0.0.0, addresses in the machine's byte order.
    static func parse(route text: String) -> [IPAddress] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split { $0 == "\t" || $0 == " " }
            guard fields.count > 7, fields[1] == "00000000", fields[7] == "00000000", fields[2] != "00000000" else {
                return nil
            }
            return SocketTable.address(fields[2])
        }
    }

    /// The default gateways of `/proc/net/ipv6_route`: prefix length 0, the next hop in network order.
    static func parse(route6 text: String) -> [IPAddress] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[1] == "00", let bits = UInt128(fields[4], radix: 16), bits != 0 else {
                return nil
            }
            return IPAddress(bits: bits)
        }
    }
}
