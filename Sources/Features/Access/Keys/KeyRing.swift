import StewardCore

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
    private let byCertificate: [AccessKey]
    private let hasAdmin: Bool

    /// No key at all.
    package static let empty = KeyRing([])

    /// A ring of `keys`. Of keys with the same secret the first counts.
    package init(_ keys: [AccessKey]) {
        self.keys = keys
        byIndex = Dictionary(grouping: keys.indices.filter { keys[$0].digest != nil }) { keys[$0].digest?.index ?? 0 }
        byCertificate = keys.filter { $0.certificate != nil }
        hasAdmin = keys.contains { $0.role == .admin }
    }

    /// The key whose secret this is, expired or not: one SHA-256, one lookup, one constant-time comparison.
    package func find(_ secret: String) -> AccessKey? {
        let digest = KeyDigest(of: secret)
        guard let candidates = byIndex[digest.index] else { return nil }
        return candidates.first { keys[$0].digest == digest }.map { keys[$0] }
    }

    /// The keys that a verified client certificate proves, in the order given.
    package func find(_ certificate: ClientCertificate) -> [AccessKey] {
        byCertificate.filter { $0.certificate?.matches(certificate) ?? false }
    }

    /// The keys that a request presents: those of its secrets, then those of its client certificate.
    func find(_ presented: PresentedKeys) -> [AccessKey] {
        let bySecret = presented.secrets.compactMap { find($0) }
        return presented.certificate.map { bySecret + find($0) } ?? bySecret
    }

    /// Whether any key, expired ones included, could open a zone that asks for `requirement`.
    package func canOpen(_ zone: ZonePrefix, asking requirement: KeyRequirement) -> Bool {
        if requirement == .none || hasAdmin { return true }
        return keys.contains { $0.opens(zone, asking: requirement) }
    }
}
