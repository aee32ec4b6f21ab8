import Foundation
import StewardCertificates
import StewardProbe

/// What `steward certs probe` prints about one address; JSON and text show the same facts.
struct ProbeReport: Encodable {
    /// One certificate.
    struct CertificateLine: Encodable {
        /// Its names.
        let names: [String]
        /// Its key: `ECDSA 256`.
        let key: String
        /// Its issuer.
        let issuer: String
        /// Its serial number in hex.
        let serial: String
        /// Until when it holds, in UTC.
        let expires: String
        /// SHA-256 of the certificate.
        let fingerprint: Fingerprint
        /// SHA-256 of its key: TLSA 3 1 1.
        let spki: Fingerprint
        /// The certificate in base64.
        let der: String
    }

    let address: String
    let port: Int
    let dialect: Dialect
    let sni: String?
    let failure: String?
    let reason: ProbeFailure.Reason?
    let tls: String?
    let cipher: String?
    let refusal: String?
    let dialogue: DialogueFacts
    let timing: ProbeTiming
    let certificates: [CertificateLine]

    /// Whether the handshake was whole.
    var isWhole: Bool { failure == nil }

    init(_ result: Result<Presentation, ProbeFailure>) {
        let (target, chain): (ProbeTarget, [[UInt8]])
        switch result {
        case .success(let seen):
            (target, chain, dialogue, timing) = (seen.target, seen.chain, seen.dialogue, seen.timing)
            (tls, cipher, refusal) = (seen.version.description, seen.cipher, seen.refusal)
            (failure, reason) = (nil, nil)
        case .failure(let error):
            (target, chain, dialogue, timing) = (error.target, error.chain, error.dialogue, error.timing)
            (tls, cipher, refusal) = (nil, nil, nil)
            (failure, reason) = (error.text, error.reason)
        }
        (address, port, dialect, sni) = (target.address, target.port, target.dialect, target.name)
        certificates = chain.compactMap(Self.line)
    }

    private static func line(_ der: [UInt8]) -> CertificateLine? {
        guard let facts = CertificateReader.read(der: der)?.facts else { return nil }
        return CertificateLine(
            names: facts.names, key: "\(facts.key.algorithm.rawValue) \(facts.key.bits)", issuer: facts.issuer,
            serial: facts.serial, expires: facts.notAfter.ISO8601Format(), fingerprint: facts.fingerprint,
            spki: facts.spki,
            der: Data(der).base64EncodedString())
    }

    /// For people.
    var lines: [String] {
        let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        var lines = [[place, dialect.label].filter { !$0.isEmpty }.joined(separator: " ")]
        if let sni { lines[0] += " SNI \(sni)" }
        if let tls, let cipher { lines[0] += ": \(tls), \(cipher)" }
        if let failure { lines[0] += ": \(failure)" }
        if let refusal { lines.append("  after the handshake: \(refusal)") }
        for (index, certificate) in certificates.enumerated() {
            let names = certificate.names.joined(separator: ", ")
            lines.append("  \(index). \(names), \(certificate.key), until \(certificate.expires.prefix(10))")
            lines.append("     from \(certificate.issuer), serial \(certificate.serial)")
            lines.append("     SHA-256 \(certificate.fingerprint), key \(certificate.spki)")
        }
        return lines.map { TextTable.printable($0) }
    }

    /// The certificates as PEM.
    var pemLines: [String] {
        certificates.flatMap { certificate in
            var rest = certificate.der[...]
            var lines = ["-----BEGIN CERTIFICATE-----"]
            while !rest.isEmpty {
                lines.append(String(rest.prefix(64)))
                rest = rest.dropFirst(64)
            }
            return lines + ["-----END CERTIFICATE-----"]
        }
    }
}
