package import StewardCertificates
package import StewardDNS
package import StewardProbe

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// How the loop looks at the world and changes it. ``real(_:)`` does it with the network and this machine's files.
package struct RolloverParts: Sendable {
    /// What time it is.
    package var now: @Sendable () -> Date

    /// All parts.
    package init(now: @escaping @Sendable () -> Date = { Date() }) {
        self.now = now
    }
}
