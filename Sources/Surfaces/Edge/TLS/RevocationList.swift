import Glibc
internal import SwiftASN1
internal import X509

/// A certificate revocation list (RFC 5280, section 5): who was taken back, by whom, under whose signature.
struct RevocationList: Sendable {
    let issuer: DistinguishedName
    /// The serial numbers, without leading zeros.
    let revoked: [[UInt8]]
    /// When the next list was to be there, seconds since 1970.
    let nextUpdate: Int64?
    private let signed: [UInt8]
    private let signature: [UInt8]
    /// The identifier of the signature's algorithm, `1.2.840.10045.4.3.2`.
    let algorithm: String

    /// Reads one list in DER.
    init(derEncoded bytes: [UInt8]) throws {
        var parts: (tbs: ASN1Node, algorithm: String, signature: [UInt8])?
        try DER.sequence(DER.parse(bytes), identifier: .sequence) { outer in
            guard let tbs = outer.next(), let algorithm = outer.next() else { throw TLSFailure("short") }
            let bits = try ASN1BitString(derEncoded: &outer)
            parts = (tbs, try Self.identifier(algorithm), Array(bits.bytes))
        }
        guard let parts else { throw TLSFailure("empty") }
        signed = Array(parts.tbs.encodedBytes)
        algorithm = parts.algorithm
        signature = parts.signature
        (issuer, nextUpdate, revoked) = try DER.sequence(parts.tbs, identifier: .sequence) { try Self.contents(&$0) }
    }

    /// Whether the key of `authority` made the signature; nil where its algorithm is unknown or too weak.
    func isSigned(by authority: Certificate) -> Bool? {
        guard let algorithm = Self.algorithms[algorithm] else { return nil }
        return authority.publicKey.isValidSignature(signature, for: signed, signatureAlgorithm: algorithm)
    }

    private static let algorithms: [String: Certificate.SignatureAlgorithm] = [
        "1.2.840.10045.4.3.2": .ecdsaWithSHA256, "1.2.840.10045.4.3.3": .ecdsaWithSHA384,
        "1.2.840.10045.4.3.4": .ecdsaWithSHA512, "1.2.840.113549.1.1.11": .sha256WithRSAEncryption,
        "1.2.840.113549.1.1.12": .sha384WithRSAEncryption, "1.2.840.113549.1.1.13": .sha512WithRSAEncryption,
        "1.3.101.112": .ed25519,
    ]

    private static func identifier(_ node: ASN1Node) throws -> String {
        try DER.sequence(node, identifier: .sequence) { nodes in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
            while nodes.next() != nil {}
            return identifier.description
        }
    }

    /// What TBSCertList says: version?, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, extensions?.
    private static func contents(
        _ nodes: inout ASN1NodeCollection.Iterator
    ) throws -> (DistinguishedName, Int64?, [[UInt8]]) {
        var node = nodes.next()
        if node?.identifier == .integer { node = nodes.next() }
        guard node != nil, let issuer = nodes.next(), nodes.next() != nil else { throw TLSFailure("short") }
        var revoked: [[UInt8]] = []
        var next: Int64?
        while let rest = nodes.next() {
            if rest.identifier == .utcTime || rest.identifier == .generalizedTime { next = try moment(rest) }
            guard rest.identifier == .sequence, case .constructed(let entries) = rest.content else { continue }
            revoked += try entries.map { try serial($0) }
        }
        return (try DistinguishedName(derEncoded: issuer), next, revoked)
    }

    private static func moment(_ node: ASN1Node) throws -> Int64 {
        guard node.identifier == .utcTime else {
            let time = try GeneralizedTime(derEncoded: node)
            return seconds(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
        }
        let time = try UTCTime(derEncoded: node)
        return seconds(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }

    private static func seconds(
        _ year: Int, _ month: Int, _ day: Int, _ hours: Int, _ minutes: Int, _ seconds: Int
    ) -> Int64 {
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hours)
        parts.tm_min = Int32(minutes)
        parts.tm_sec = Int32(seconds)
        return Int64(timegm(&parts))
    }

    private static func serial(_ entry: ASN1Node) throws -> [UInt8] {
        try DER.sequence(entry, identifier: .sequence) { nodes in
            let serial = try ArraySlice<UInt8>(derEncoded: &nodes)
            while nodes.next() != nil {}
            return trimmed(serial)
        }
    }

    /// A serial number as a list and a certificate both have it.
    static func trimmed(_ serial: ArraySlice<UInt8>) -> [UInt8] { Array(serial.drop { $0 == 0 }) }
}
