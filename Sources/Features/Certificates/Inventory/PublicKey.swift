/// A SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7; RFC 5480 for curves, RFC 8410 for Ed25519).
enum PublicKey {
    /// The key's kind and size.
    static func facts(_ info: DER.Element) -> KeyFacts {
        var parts = info.elements
        guard var algorithm = parts.next(DER.Tag.sequence)?.elements, let id = algorithm.next(DER.Tag.object),
            let key = parts.next(DER.Tag.bitString)
        else { return KeyFacts(.other, bits: 0) }
        switch Array(id.content) {
        case ObjectID.rsa, ObjectID.rsaPSS: return KeyFacts(.rsa, bits: modulusBits(key.content.dropFirst()))
        case ObjectID.ellipticCurve: return KeyFacts(.ecdsa, bits: curveBits(algorithm.next()))
        case ObjectID.ed25519: return KeyFacts(.ed25519, bits: 256)
        default: return KeyFacts(.other, bits: 0)
        }
    }

    private static func modulusBits(_ key: ArraySlice<UInt8>) -> Int {
        var outer = DER(key)
        guard var numbers = outer.next(DER.Tag.sequence)?.elements, let modulus = numbers.next(DER.Tag.integer)
        else { return 0 }
        let bytes = modulus.content.drop { $0 == 0 }
        return bytes.first.map { bytes.count * 8 - $0.leadingZeroBitCount } ?? 0
    }

    private static func curveBits(_ parameters: DER.Element?) -> Int {
        guard let parameters, parameters.tag == DER.Tag.object else { return 0 }
        switch Array(parameters.content) {
        case ObjectID.p256, ObjectID.secp256k1: return 256
        case ObjectID.p384: return 384
        case ObjectID.p521: return 521
        default: return 0
        }
    }
}
