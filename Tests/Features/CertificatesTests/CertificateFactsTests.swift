import Foundation
import StewardCertificates
import Testing

@Suite struct CertificateFactsTests {
    private func facts(_ names: [String]) -> CertificateFacts {
        let zero = Fingerprint([UInt8](repeating: 0, count: 32))
        return CertificateFacts(
            names: names, key: KeyFacts(.ecdsa, bits: 256), issuer: "R3", serial: "01",
            notBefore: Date(timeIntervalSince1970: 0), notAfter: Date(timeIntervalSince1970: 1), fingerprint: zero,
            spki: zero)
    }

    @Test func aWildcardCoversOneLabel() {
        let wild = facts(["*.example.org", "example.net"])
        #expect(wild.covers("a.example.org") && wild.covers("example.net") && wild.covers("*.example.org"))
        #expect(!wild.covers("example.org") && !wild.covers("a.b.example.org") && !wild.covers("a.example.net"))
    }

    @Test func aFingerprintReadsItsOwnHexAndThatOfOpenSSL() throws {
        let bytes = (0..<32).map { UInt8($0 * 7 & 255) }
        let fingerprint = Fingerprint(bytes)
        #expect(Fingerprint(hex: fingerprint.description) == fingerprint)
        let colons = bytes.map { String(format: "%02X", $0) }.joined(separator: ":")
        #expect(Fingerprint(hex: colons) == fingerprint)
        #expect(Fingerprint(hex: "00") == nil && Fingerprint(hex: String(repeating: "g", count: 64)) == nil)
        #expect(try JSONDecoder().decode(Fingerprint.self, from: JSONEncoder().encode(fingerprint)) == fingerprint)
    }
}
