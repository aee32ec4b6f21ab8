internal import SwiftASN1
internal import X509

/// The client certificates that their authorities took back, from certificate revocation lists (RFC 5280, section 5).
/// The lists are believed as they stand, like the file of the authorities beside them.
struct RevokedCertificates: Sendable {
    private var serials: [DistinguishedName: Set<[UInt8]>] = [:]

    /// Reads every list, PEM or DER.
    init(files: [String]) throws(TLSFailure) {
        for file in files { try add(TLSFile.read(file), from: file) }
    }

    /// Whether `certificate`, in DER, was taken back. What can't be read counts as taken back.
    func contains(_ certificate: [UInt8]) -> Bool {
        guard let certificate = try? Certificate(derEncoded: certificate) else { return true }
        return serials[certificate.issuer]?.contains(Self.trimmed(certificate.serialNumber.bytes)) ?? false
    }

    private mutating func add(_ bytes: [UInt8], from file: String) throws(TLSFailure) {
        let refusal = TLSFailure(
            "\(file) holds no certificate revocation list; it must be PEM (-----BEGIN X509 CRL-----) or DER")
        do {
            guard bytes.first != UInt8(ascii: "-") else {
                let lists = try PEMDocument.parseMultiple(pemString: String(decoding: bytes, as: UTF8.self))
                    .filter { $0.discriminator == "X509 CRL" }
                guard !lists.isEmpty else { throw refusal }
                for list in lists { try add(list: list.derBytes) }
                return
            }
            try add(list: bytes)
        } catch { throw refusal }
    }

    private mutating func add(list bytes: [UInt8]) throws {
        let (issuer, revoked) = try DER.sequence(DER.parse(bytes), identifier: .sequence) { outer in
            guard let signed = outer.next() else { throw TLSFailure("empty") }
            while outer.next() != nil {}
            return try DER.sequence(signed, identifier: .sequence) { try Self.entries(&$0) }
        }
        serials[issuer, default: []].formUnion(revoked)
    }

    /// What TBSCertList says: version?, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, extensions?.
    private static func entries(_ nodes: inout ASN1NodeCollection.Iterator) throws -> (DistinguishedName, [[UInt8]]) {
        var node = nodes.next()
        if node?.identifier == .integer { node = nodes.next() }
        guard node != nil, let issuer = nodes.next(), nodes.next() != nil else { throw TLSFailure("short") }
        var revoked: [[UInt8]] = []
        while let rest = nodes.next() {
            guard rest.identifier == .sequence, case .constructed(let entries) = rest.content else { continue }
            revoked += try entries.map { try serial($0) }
        }
        return (try DistinguishedName(derEncoded: issuer), revoked)
    }

    private static func serial(_ entry: ASN1Node) throws -> [UInt8] {
        try DER.sequence(entry, identifier: .sequence) { nodes in
            let serial = try ArraySlice<UInt8>(derEncoded: &nodes)
            while nodes.next() != nil {}
            return trimmed(serial)
        }
    }

    private static func trimmed(_ serial: ArraySlice<UInt8>) -> [UInt8] { Array(serial.drop { $0 == 0 }) }
}
