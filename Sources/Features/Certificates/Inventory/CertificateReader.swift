import Crypto

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads X.509 certificates (RFC 5280) out of PEM or DER.
package enum CertificateReader {
    /// One certificate with what is needed to judge a chain.
    package struct Reading: Hashable, Sendable {
        /// What it says.
        package var facts: CertificateFacts
        /// The issuer's name in DER, as it must stand in the issuer's own certificate.
        package var issuer: [UInt8]
        /// The subject's name in DER.
        package var subject: [UInt8]
    }

    /// Every certificate in `bytes`: PEM blocks in order, or one DER form. What can't be read is nil.
    package static func readAll(_ bytes: [UInt8]) -> [Reading?] {
        if bytes.first == DER.Tag.sequence { return [read(der: bytes)] }
        return PEM.blocks(bytes).filter { $0.label.hasSuffix("CERTIFICATE") }.map { $0.der.flatMap(read(der:)) }
    }

    /// The facts of the first certificate in `bytes`, PEM or DER; nil where there is none that can be read.
    package static func read(_ bytes: [UInt8]) -> CertificateFacts? {
        if bytes.first == DER.Tag.sequence { return read(der: bytes)?.facts }
        let first = PEM.blocks(bytes, limit: 1).first { $0.label.hasSuffix("CERTIFICATE") }
        if let first { return first.der.flatMap(read(der:))?.facts }
        return readAll(bytes).first?.map(\.facts)
    }

    /// A certificate in DER; nil where it isn't one. Bytes after it are ignored.
    package static func read(der bytes: [UInt8]) -> Reading? {
        var outer = DER(bytes[...])
        guard let certificate = outer.next(DER.Tag.sequence) else { return nil }
        var signed = certificate.elements
        guard let body = signed.next(DER.Tag.sequence) else { return nil }
        var fields = body.elements
        _ = fields.next(0xA0)  // version
        guard let serial = fields.next(DER.Tag.integer), fields.next(DER.Tag.sequence) != nil,
            let issuer = fields.next(DER.Tag.sequence), let validity = fields.next(DER.Tag.sequence),
            let subject = fields.next(DER.Tag.sequence), let key = fields.next(DER.Tag.sequence)
        else { return nil }
        var times = validity.elements
        guard let notBefore = times.next().flatMap(DERTime.date), let notAfter = times.next().flatMap(DERTime.date)
        else { return nil }
        var names = alternativeNames(&fields)
        if names.isEmpty, let name = DistinguishedName(subject.content).commonName { names = [name.lowercased()] }
        let facts = CertificateFacts(
            names: names, key: PublicKey.facts(key), issuer: DistinguishedName(issuer.content).text,
            serial: hex(serial.content), notBefore: notBefore, notAfter: notAfter,
            fingerprint: Fingerprint(sha256: certificate.whole), spki: Fingerprint(sha256: key.whole))
        return Reading(facts: facts, issuer: Array(issuer.whole), subject: Array(subject.whole))
    }

    /// The subject public key info of a certificate in DER, in DER itself.
    static func publicKey(der bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var outer = DER(bytes[...])
        guard var signed = outer.next(DER.Tag.sequence)?.elements, var fields = signed.next(DER.Tag.sequence)?.elements
        else { return nil }
        _ = fields.next(0xA0)  // version
        guard fields.next(DER.Tag.integer) != nil else { return nil }
        for _ in 0..<4 { guard fields.next(DER.Tag.sequence) != nil else { return nil } }
        return fields.next(DER.Tag.sequence)?.whole
    }

    /// The names of the subjectAltName extension (RFC 5280, section 4.2.1.6).
    private static func alternativeNames(_ fields: inout DER) -> [String] {
        while let field = fields.next() {
            guard field.tag == 0xA3 else { continue }
            var list = field.elements
            guard var extensions = list.next(DER.Tag.sequence)?.elements else { return [] }
            while var parts = extensions.next(DER.Tag.sequence)?.elements {
                guard let id = parts.next(DER.Tag.object) else { continue }
                guard id.content.elementsEqual(ObjectID.subjectAlternativeName) else { continue }
                _ = parts.next(0x01)  // critical
                guard let value = parts.next(DER.Tag.octetString) else { return [] }
                var names = value.elements
                return names.next(DER.Tag.sequence).map { generalNames($0.elements) } ?? []
            }
        }
        return []
    }

    private static func generalNames(_ list: DER) -> [String] {
        var (list, names): (DER, [String]) = (list, [])
        while let name = list.next() {
            switch name.tag {
            case 0x82: names.append(FileName.shown(name.content.map(lowercase)))
            case 0x87: if let address = address(Array(name.content)) { names.append(address) }
            default: break
            }
        }
        return names
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    /// An address as text: IPv4 in decimal, IPv6 as RFC 5952 has it.
    package static func address(_ bytes: [UInt8]) -> String? {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var longest = 0..<0
        var index = 0
        while index < 8 {
            let end = groups[index...].firstIndex { $0 != 0 } ?? 8
            if end - index > longest.count { longest = index..<end }
            index = end + 1
        }
        let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.count < 2 { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }

    private static func hex(_ integer: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = integer.count > 1 && integer.first == 0 ? integer.dropFirst() : integer
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension Fingerprint {
    /// The digest of `bytes`.
    package init(sha256 bytes: ArraySlice<UInt8>) {
        var digest = SHA256()
        bytes.withUnsafeBytes { digest.update(bufferPointer: $0) }
        self.init(Array(digest.finalize()))
    }
}
