internal import Crypto
package import StewardCertificates
package import StewardDNS

/// A certificate as it was presented or read, with what TLSA records are compared with.
package struct ChainCertificate: Hashable, Sendable {
    /// The certificate in DER.
    package let der: [UInt8]
    /// Its subject public key info in DER.
    package let publicKey: [UInt8]
    /// What it says.
    package let facts: CertificateFacts
    /// The issuer's name in DER.
    let issuer: [UInt8]
    /// The subject's name in DER.
    let subject: [UInt8]

    /// From DER; nil where it isn't a certificate.
    package init?(der: [UInt8]) {
        guard let reading = CertificateReader.read(der: der), let key = KeyMaterial.publicKey(certificate: der)
        else { return nil }
        self.der = der
        publicKey = key
        facts = reading.facts
        issuer = reading.issuer
        subject = reading.subject
    }

    /// Whether it names itself as its issuer.
    var isSelfIssued: Bool { issuer == subject }

    /// What a record with these two fields holds for this certificate (RFC 6698, sections 2.1.2 and 2.1.3); nil where
    /// a field's value isn't defined.
    package func association(selector: UInt8, matching: UInt8) -> [UInt8]? {
        guard selector <= 1 else { return nil }
        return Self.digest(selector == 0 ? der : publicKey, matching: matching)
    }

    /// The whole, its SHA-256 or its SHA-512; nil for other matching types.
    static func digest(_ bytes: [UInt8], matching: UInt8) -> [UInt8]? {
        switch matching {
        case 0: bytes
        case 1: Array(SHA256.hash(data: bytes))
        case 2: Array(SHA512.hash(data: bytes))
        default: nil
        }
    }

    /// Whether the record's selector, matching type and bytes say this certificate or key; its usage isn't looked at.
    package func isSaid(by record: TLSA) -> Bool {
        association(selector: record.selector, matching: record.matching) == record.bytes
    }
}
