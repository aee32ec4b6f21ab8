#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What one X.509 certificate (RFC 5280) says.
package struct CertificateFacts: Hashable, Sendable, Codable {
    /// The DNS names and addresses of the subject alternative names, lower case, in the certificate's order; the
    /// common name where there are none.
    package var names: [String]
    /// The key.
    package var key: KeyFacts
    /// The issuer's common name, or its whole distinguished name where it has none.
    package var issuer: String
    /// The serial number in hex, lower case, without separators.
    package var serial: String
    /// From when it holds.
    package var notBefore: Date
    /// Until when it holds.
    package var notAfter: Date
    /// SHA-256 of the DER form.
    package var fingerprint: Fingerprint
    /// SHA-256 of the subject public key info's DER form: what TLSA `3 1 1` holds (RFC 6698, section 2.1).
    package var spki: Fingerprint

    /// All facts.
    package init(
        names: [String], key: KeyFacts, issuer: String, serial: String, notBefore: Date, notAfter: Date,
        fingerprint: Fingerprint, spki: Fingerprint
    ) {
        self.names = names
        self.key = key
        self.issuer = issuer
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.fingerprint = fingerprint
        self.spki = spki
    }

    /// Whether `name` (lower case) is one of the names, or one label below a wildcard among them (RFC 6125,
    /// section 6.4.3).
    package func covers(_ name: String) -> Bool {
        if names.contains(name) { return true }
        guard let dot = name.firstIndex(of: "."), !name.hasPrefix("*.") else { return false }
        return names.contains("*" + name[dot...])
    }
}

/// A public key's kind and size.
package struct KeyFacts: Hashable, Sendable, Codable {
    /// The algorithm's family.
    package enum Algorithm: String, Hashable, Sendable, Codable {
        case rsa = "RSA"
        case ecdsa = "ECDSA"
        case ed25519 = "Ed25519"
        case other
    }

    /// The algorithm's family.
    package var algorithm: Algorithm
    /// Bits of the modulus or of the curve's field; 0 where unknown.
    package var bits: Int

    /// A key of `bits` bits.
    package init(_ algorithm: Algorithm, bits: Int) {
        self.algorithm = algorithm
        self.bits = bits
    }
}

/// 32 bytes of SHA-256.
package struct Fingerprint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The bytes.
    package var bytes: [UInt8]

    /// Of 32 bytes.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// From hex, with or without colons; nil if it isn't 32 bytes of hex.
    package init?(hex: String) {
        let digits = hex.utf8.filter { $0 != UInt8(ascii: ":") }.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, digits.allSatisfy({ $0 != nil }) else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) }
    }

    /// Lower-case hex.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// From hex in JSON.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 32 bytes of hex")
        }
        self = value
    }

    /// As hex in JSON.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
