import Crypto

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads private keys just far enough to say which public key they belong to.
package enum PrivateKeyReader {
    /// What a key file holds.
    package enum Reading: Hashable, Sendable {
        /// A key whose public part has this SHA-256 (of the subject public key info in DER).
        case key(spki: Fingerprint)
        /// A key behind a passphrase.
        case encrypted
        /// A key of a kind whose public part can't be told.
        case unknown
        /// No private key.
        case none
    }

    /// Reads the first private key in `bytes`, PEM or PKCS#8 in DER.
    package static func read(_ bytes: [UInt8]) -> Reading {
        switch publicKey(bytes) {
        case .info(let info): .key(spki: Fingerprint(sha256: info[...]))
        case .encrypted: .encrypted
        case .unknown: .unknown
        case .none: .none
        }
    }

    /// The public part of a private key.
    package enum PublicPart: Hashable, Sendable {
        /// The subject public key info in DER.
        case info([UInt8])
        /// The key is behind a passphrase.
        case encrypted
        /// The key is of a kind whose public part can't be told.
        case unknown
        /// There is no private key.
        case none
    }

    /// The public part of the first private key in `bytes`, PEM or PKCS#8 in DER.
    package static func publicKey(_ bytes: [UInt8]) -> PublicPart {
        if bytes.first == DER.Tag.sequence { return part(pkcs8(bytes[...]) ?? pkcs1(bytes[...])) }
        guard let block = PEM.blocks(bytes).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else { return .none }
        if block.isEncrypted || block.label == "ENCRYPTED PRIVATE KEY" { return .encrypted }
        guard let der = block.der else { return .none }
        switch block.label {
        case "PRIVATE KEY": return part(pkcs8(der[...]))
        case "RSA PRIVATE KEY": return part(pkcs1(der[...]))
        case "EC PRIVATE KEY": return part(sec1(der[...], curve: nil))
        default: return .unknown
        }
    }

    private static func part(_ info: [UInt8]?) -> PublicPart { info.map(PublicPart.info) ?? .unknown }

    /// PrivateKeyInfo (RFC 5958, section 2) to the subject public key info.
    private static func pkcs8(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var outer = DER(bytes)
        guard var fields = outer.next(DER.Tag.sequence)?.elements, fields.next(DER.Tag.integer) != nil,
            let algorithm = fields.next(DER.Tag.sequence), let key = fields.next(DER.Tag.octetString)
        else { return nil }
        var parts = algorithm.elements
        guard let id = parts.next(DER.Tag.object) else { return nil }
        switch Array(id.content) {
        case ObjectID.rsa, ObjectID.rsaPSS: return pkcs1(key.content, algorithm: algorithm.whole)
        case ObjectID.ellipticCurve: return parts.next().flatMap { sec1(key.content, curve: $0.whole) }
        case ObjectID.ed25519: return ed25519(key.content, algorithm: algorithm.whole)
        default: return nil
        }
    }

    /// RSAPrivateKey (RFC 8017, appendix A.1.2): the modulus and the public exponent make the public key.
    private static func pkcs1(_ bytes: ArraySlice<UInt8>, algorithm: ArraySlice<UInt8>? = nil) -> [UInt8]? {
        var outer = DER(bytes)
        guard var fields = outer.next(DER.Tag.sequence)?.elements, fields.next(DER.Tag.integer) != nil,
            let modulus = fields.next(DER.Tag.integer), let exponent = fields.next(DER.Tag.integer)
        else { return nil }
        let key = DER.element(DER.Tag.sequence, modulus.whole + exponent.whole)
        let plain = DER.element(DER.Tag.sequence, DER.element(DER.Tag.object, ObjectID.rsa) + [0x05, 0x00])
        return info(algorithm: algorithm.map { Array($0) } ?? plain, key: key)
    }

    /// ECPrivateKey (RFC 5915, section 3): its own public part, or the one computed for curves that can be.
    private static func sec1(_ bytes: ArraySlice<UInt8>, curve: ArraySlice<UInt8>?) -> [UInt8]? {
        var outer = DER(bytes)
        guard var fields = outer.next(DER.Tag.sequence)?.elements, fields.next(DER.Tag.integer) != nil,
            let secret = fields.next(DER.Tag.octetString)
        else { return nil }
        var ownCurve = fields.next(0xA0)?.elements
        guard let curve = curve ?? ownCurve?.next()?.whole else { return nil }
        var own = fields.next(0xA1)?.elements
        let stated = own?.next(DER.Tag.bitString).map { Array($0.content.dropFirst()) }
        guard let point = stated ?? publicPoint(Array(secret.content), curve: curve) else { return nil }
        let id = DER.element(DER.Tag.object, ObjectID.ellipticCurve)
        return info(algorithm: DER.element(DER.Tag.sequence, id + curve), key: point)
    }

    private static func publicPoint(_ secret: [UInt8], curve: ArraySlice<UInt8>) -> [UInt8]? {
        var outer = DER(curve)
        guard let id = outer.next(DER.Tag.object) else { return nil }
        switch Array(id.content) {
        case ObjectID.p256:
            return (try? P256.Signing.PrivateKey(rawRepresentation: secret)).map {
                Array($0.publicKey.x963Representation)
            }
        case ObjectID.p384:
            return (try? P384.Signing.PrivateKey(rawRepresentation: secret)).map {
                Array($0.publicKey.x963Representation)
            }
        case ObjectID.p521:
            return (try? P521.Signing.PrivateKey(rawRepresentation: secret)).map {
                Array($0.publicKey.x963Representation)
            }
        default: return nil
        }
    }

    /// CurvePrivateKey (RFC 8410, section 7).
    private static func ed25519(_ bytes: ArraySlice<UInt8>, algorithm: ArraySlice<UInt8>) -> [UInt8]? {
        var outer = DER(bytes)
        guard let secret = outer.next(DER.Tag.octetString),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Array(secret.content))
        else { return nil }
        return info(algorithm: Array(algorithm), key: Array(key.publicKey.rawRepresentation))
    }

    private static func info(algorithm: [UInt8], key: [UInt8]) -> [UInt8] {
        DER.element(DER.Tag.sequence, algorithm + DER.element(DER.Tag.bitString, [0] + key))
    }
}
