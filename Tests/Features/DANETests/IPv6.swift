import Foundation

/// What this machine has of IPv6.
enum IPv6 {
    /// Whether its loopback has it.
    static let isThere =
        (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?.contains(
            "00000000000000000000000000000001 ")
        ?? false
}
