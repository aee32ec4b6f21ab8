#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that count at one moment: an immutable snapshot that any thread may ask.
package final class KeyRing: Sendable {
    /// The keys in the order given.
    package let keys: [AccessKey]
    private let byIndex: [UInt64: [Int]]
    private let hasAdmin: Bool

    /// No key at all.
    package static let empty = KeyRing([])

    /// A ring of `keys`. Of keys with the same secret the first counts.
    package init(_ keys: [AccessKey]) {
        self.keys = keys
        byIndex = Dictionary(grouping: keys.indices) { keys[$0].digest.index }
        hasAdmin = keys.contains { $0.role == .admin }
    }

    /// The key whose secret this is, expired or not: one SHA-256, one lookup, one constant-time comparison.
    package func find(_ secret: String) -> AccessKey? {
        let digest = KeyDigest(of: secret)
        guard let candidates = byIndex[digest.index] else { return nil }
        return candidates.first { keys[$0].digest == digest }.map { keys[$0] }
    }

    /// Whether any key, expired ones included, could open a zone that asks for `requirement`.
    package func canOpen(_ zone: ZonePrefix, asking requirement: KeyRequirement) -> Bool {
        if requirement == .none || hasAdmin { return true }
        return keys.contains { $0.opens(zone, asking: requirement) }
    }
}
