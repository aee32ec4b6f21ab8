package import StewardCertificates
package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A certificate with its chain that is or could be served, and the records by which senders know it.
package struct Credential: Hashable, Sendable, Codable {
    /// SHA-256 of the certificate.
    package var certificate: Fingerprint
    /// SHA-256 of its subject public key info.
    package var spki: Fingerprint
    /// From when it holds.
    package var notBefore: Date
    /// Until when it holds.
    package var notAfter: Date
    /// The records that match it, in the deployment's forms.
    package var records: [TLSA]

    /// All facts.
    package init(certificate: Fingerprint, spki: Fingerprint, notBefore: Date, notAfter: Date, records: [TLSA]) {
        self.certificate = certificate
        self.spki = spki
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.records = records
    }

    /// How people are told which one: `K` and the first eight digits of the key's SHA-256.
    package var label: String { "K" + spki.description.prefix(8) }
}

/// A key that waits, published ahead, for its certificate: mode `next`.
package struct StagedKey: Hashable, Sendable, Codable {
    /// SHA-256 of its subject public key info.
    package var spki: Fingerprint
    /// The records that will match it: forms that depend on nothing but the key (`3 1 x`).
    package var records: [TLSA]
    /// When it was made.
    package var made: Date

    /// A staged key.
    package init(spki: Fingerprint, records: [TLSA], made: Date) {
        self.spki = spki
        self.records = records
        self.made = made
    }
}
