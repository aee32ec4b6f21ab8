internal import StewardDNS
internal import SwiftASN1
internal import X509

/// Certificate signing requests (RFC 2986).
enum CertificateRequest {
    /// A request in PEM, signed with the private key in PEM, for the names and addresses as subject alternative names.
    static func pem(key: [UInt8], names: [String]) throws(Issuer.Failure) -> [UInt8] {
        do {
            let key = try Certificate.PrivateKey(pemEncoded: String(decoding: key, as: UTF8.self))
            let names = SubjectAlternativeNames(names.map(general))
            let extensions = try Certificate.Extensions { names }
            let request = try CertificateSigningRequest(
                version: .v1, subject: DistinguishedName(), privateKey: key,
                attributes: CertificateSigningRequest.Attributes([.init(ExtensionRequest(extensions: extensions))]))
            return Array((try request.serializeAsPEM().pemString + "\n").utf8)
        } catch {
            throw Issuer.Failure("issue-failed", "The request for a certificate can't be made: \(error).")
        }
    }

    private static func general(_ name: String) -> GeneralName {
        AddressText.bytes(name).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(name)
    }
}
