import StewardCertificates
import StewardDANE
import StewardDNS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Certificates and records of the model world: a key and a certificate are numbers.
enum Simulated {
    /// A credential of key number `key`, certificate number `certificate`.
    static func credential(
        key: Int, certificate: Int, from: Double, days: Double, forms: [RecordForm] = [.recommended]
    ) -> Credential {
        Credential(
            certificate: fingerprint(certificate, 1), spki: fingerprint(key, 2), notBefore: date(from),
            notAfter: date(from + days * 86_400), records: forms.map { record($0, key: key, certificate: certificate) })
    }

    static func record(_ form: RecordForm, key: Int, certificate: Int) -> TLSA {
        let source =
            form.usage == 2 ? fingerprint(7, 3) : form.selector == 1 ? fingerprint(key, 2) : fingerprint(certificate, 1)
        return TLSA(
            usage: form.usage, selector: form.selector, matching: form.matching,
            bytes: form.matching == 2 ? source.bytes + source.bytes : source.bytes)
    }

    static func fingerprint(_ number: Int, _ kind: UInt8) -> Fingerprint {
        Fingerprint((0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } + Array(repeating: kind, count: 28))
    }

    /// A record of somebody else's.
    static func foreign(_ number: Int) -> TLSA {
        TLSA(usage: 3, selector: 1, matching: 1, bytes: fingerprint(number, 9).bytes)
    }

    static func date(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_700_000_000 + seconds) }
}
