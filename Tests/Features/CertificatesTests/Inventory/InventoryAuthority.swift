import Crypto
import Foundation
import SwiftASN1
import X509

/// Certificates for scratch trees, made by swift-certificates: an authority with a root and an intermediate.
struct InventoryAuthority {
    static let shared = InventoryAuthority()

    /// A certificate's files.
    struct Issued {
        var cert: String
        var privkey: String
        var chain: String
        var certificate: Certificate

        var fullchain: String { cert + chain }
    }

    let root: Certificate
    let intermediate: Certificate
    private let key: P256.Signing.PrivateKey

    private init() {
        let rootKey = P256.Signing.PrivateKey()
        key = P256.Signing.PrivateKey()
        let (rootName, name) = (Self.name("Test Root"), Self.name("Test E1"))
        root = Self.certificate(rootKey.publicKey, rootName, rootName, rootKey, [], ca: true)
        intermediate = Self.certificate(key.publicKey, name, rootName, rootKey, [], ca: true)
    }

    private static func name(_ common: String) -> DistinguishedName {
        do { return try DistinguishedName { CommonName(common) } } catch { preconditionFailure("\(error)") }
    }

    private static func certificate(
        _ key: P256.Signing.PublicKey, _ subject: DistinguishedName, _ issuer: DistinguishedName,
        _ signer: P256.Signing.PrivateKey, _ names: [String], ca: Bool = false,
        from: Date = Date(timeIntervalSince1970: 1_700_000_000), to: Date = Date(timeIntervalSince1970: 2_000_000_000)
    ) -> Certificate {
        do {
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key), notValidBefore: from,
                notValidAfter: to, issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    if ca { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
                    if !names.isEmpty { SubjectAlternativeNames(names.map { .dnsName($0) }) }
                }, issuerPrivateKey: .init(signer))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// A certificate for `names` with a new P-256 key.
    func issue(
        _ names: [String], from: Date = Date(timeIntervalSince1970: 1_700_000_000),
        to: Date = Date(timeIntervalSince1970: 2_000_000_000)
    ) -> Issued {
        let leafKey = P256.Signing.PrivateKey()
        let certificate = Self.certificate(
            leafKey.publicKey, Self.name(names[0]), intermediate.subject, key, names, from: from, to: to)
        return Issued(
            cert: Self.pem(certificate), privkey: leafKey.pemRepresentation + "\n", chain: Self.pem(intermediate),
            certificate: certificate)
    }

    static func pem(_ certificate: Certificate) -> String {
        do { return try certificate.serializeAsPEM().pemString + "\n" } catch { preconditionFailure("\(error)") }
    }
}
