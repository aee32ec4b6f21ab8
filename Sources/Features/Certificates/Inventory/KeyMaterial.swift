/// Takes files with certificates and keys apart, in PEM or DER.
package enum KeyMaterial {
    /// Every certificate's DER form in order; nil where a block is damaged.
    package static func certificates(_ bytes: [UInt8]) -> [[UInt8]?] {
        if bytes.first == DER.Tag.sequence { return CertificateReader.read(der: bytes) == nil ? [] : [bytes] }
        return PEM.blocks(bytes).filter { $0.label.hasSuffix("CERTIFICATE") }.map(\.der)
    }

    /// The subject public key info of a certificate in DER, in DER itself; nil where it isn't a certificate.
    package static func publicKey(certificate: [UInt8]) -> [UInt8]? {
        CertificateReader.publicKey(der: certificate).map { Array($0) }
    }

    /// A public key on its own (RFC 7468, section 13), as `openssl pkey -pubout` writes it; nil where there is none.
    package static func publicKey(_ bytes: [UInt8]) -> [UInt8]? {
        if bytes.first == DER.Tag.sequence { return isPublicKey(bytes) ? bytes : nil }
        return PEM.blocks(bytes).first { $0.label == "PUBLIC KEY" }?.der.flatMap { isPublicKey($0) ? $0 : nil }
    }

    /// Whether `bytes` are one subject public key info (RFC 5280, section 4.1.2.7) and nothing more.
    package static func isPublicKey(_ bytes: [UInt8]) -> Bool {
        var outer = DER(bytes[...])
        guard var parts = outer.next(DER.Tag.sequence)?.elements, outer.isEmpty,
            var algorithm = parts.next(DER.Tag.sequence)?.elements, algorithm.next(DER.Tag.object) != nil,
            let key = parts.next(DER.Tag.bitString)
        else { return false }
        return parts.isEmpty && key.content.count > 1
    }

    /// Whether `bytes` are one certificate and nothing more.
    package static func isCertificate(_ bytes: [UInt8]) -> Bool {
        var outer = DER(bytes[...])
        return outer.next(DER.Tag.sequence) != nil && outer.isEmpty && CertificateReader.read(der: bytes) != nil
    }
}
