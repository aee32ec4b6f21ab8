import StewardCore
import StewardSettings

/// Which client certificate counts as a key: `dns:reporter.example.tw`, `sha256:5f...`, `subject:CN=reporter,O=Example`.
package struct CertificatePattern: Hashable, Sendable {
    /// What of the certificate is compared.
    package enum Part: String, Hashable, Sendable, CaseIterable {
        /// The certificate itself, by its SHA-256.
        case sha256
        /// The whole subject.
        case subject
        /// The subject's common name.
        case cn
        /// An alternative name.
        case dns, email, uri, ip
    }

    /// What of the certificate is compared.
    package let part: Part
    /// With what; folded where case does not count.
    package let value: String

    /// Reads `PART:VALUE`.
    package init(parsing text: String) throws(ValueRefusal) {
        let parts = Part.allCases.map(\.rawValue)
        let advice = "write dns:NAME, email:ADDRESS, uri:URI, ip:ADDRESS, cn:NAME, subject:CN=NAME,O=... or sha256:HEX"
        guard let colon = text.firstIndex(of: ":") else {
            throw ValueRefusal("\"\(text)\" names no certificate; \(advice)")
        }
        let word = String(text[..<colon])
        guard let part = Part(rawValue: word) else {
            let hint = Spelling.nearest(to: word, among: parts).map { "did you mean '\($0):'?" }
            throw ValueRefusal("\"\(word):\" is nothing that a certificate has; \(hint ?? advice)")
        }
        let rest = String(text[text.index(after: colon)...])
        self.part = part
        switch part {
        case .sha256:
            let digits = rest.filter { $0 != ":" }.lowercased()
            guard digits.utf8.count == 64, KeyDigest(hex: digits) != nil else {
                throw ValueRefusal(
                    "\"\(rest)\" is no SHA-256 (64 hexadecimal digits); "
                        + "see: openssl x509 -noout -fingerprint -sha256 -in client.pem")
            }
            value = digits
        case .dns: value = rest.lowercased()
        default: value = rest
        }
        guard !value.isEmpty else { throw ValueRefusal("nothing stands after \"\(word):\"; \(advice)") }
    }

    /// Whether `certificate` is one of those meant.
    package func matches(_ certificate: ClientCertificate) -> Bool {
        switch part {
        case .sha256: certificate.fingerprint == value
        case .subject: certificate.subject == value
        case .cn: certificate.commonName == value
        case .dns, .email, .uri, .ip: certificate.names.contains(description)
        }
    }
}

extension CertificatePattern: CustomStringConvertible {
    /// As the settings have it.
    package var description: String { "\(part.rawValue):\(value)" }
}
