internal import NIOSSL
internal import SwiftASN1
internal import X509

/// The client certificates that their authorities took back. Only a list that one of the authorities signed counts.
struct RevokedCertificates: Sendable {
    /// A list whose successor is due.
    struct Overdue: Sendable {
        let file: String
        /// Since when, seconds since 1970.
        let since: Int64
    }

    private var serials: [DistinguishedName: Set<[UInt8]>] = [:]
    private let authorities: [Certificate]
    private var due: [(file: String, at: Int64)] = []

    /// Reads every list, PEM or DER.
    /// - Throws: what is wrong with a file, also that none of `authorities` made it.
    init(files: [String], authorities: [NIOSSLCertificate]) throws(TLSFailure) {
        self.authorities = authorities.compactMap { authority in
            (try? authority.toDERBytes()).flatMap { try? Certificate(derEncoded: $0) }
        }
        for file in files {
            for list in try Self.lists(try TLSFile.read(file), from: file) { try add(list, from: file) }
        }
    }

    /// Whether `certificate`, in DER, was taken back. What can't be read counts as taken back.
    func contains(_ certificate: [UInt8]) -> Bool {
        guard let certificate = try? Certificate(derEncoded: certificate) else { return true }
        return serials[certificate.issuer]?.contains(RevocationList.trimmed(certificate.serialNumber.bytes)) ?? false
    }

    /// The lists that should have been replaced by `now`.
    func overdue(now: Int64) -> [Overdue] { due.filter { $0.at < now }.map { Overdue(file: $0.file, since: $0.at) } }

    private static func lists(_ bytes: [UInt8], from file: String) throws(TLSFailure) -> [RevocationList] {
        do {
            guard bytes.first == UInt8(ascii: "-") else { return [try RevocationList(derEncoded: bytes)] }
            let lists = try PEMDocument.parseMultiple(pemString: String(decoding: bytes, as: UTF8.self))
                .filter { $0.discriminator == "X509 CRL" }
            guard !lists.isEmpty else { throw TLSFailure("none") }
            return try lists.map { try RevocationList(derEncoded: $0.derBytes) }
        } catch {
            throw TLSFailure(
                "\(file) holds no certificate revocation list; it must be PEM (-----BEGIN X509 CRL-----) or DER")
        }
    }

    private mutating func add(_ list: RevocationList, from file: String) throws(TLSFailure) {
        let issuers = authorities.filter { $0.subject == list.issuer }
        guard !issuers.isEmpty else {
            throw TLSFailure(
                "\(file) is a list of '\(list.issuer)', which is none of the authorities in 'client_ca': "
                    + "take the list of one of them, or add that authority's certificate there")
        }
        let verdicts = issuers.map { list.isSigned(by: $0) }
        guard verdicts.contains(true) else {
            throw TLSFailure(
                verdicts.contains(false)
                    ? "\(file) is not signed by '\(list.issuer)' as 'client_ca' has it: was the authority's key replaced, or the list damaged?"
                    : "\(file) is signed by an algorithm that is not known or too weak (\(list.algorithm)): have it signed with SHA-256 or better"
            )
        }
        serials[list.issuer, default: []].formUnion(list.revoked)
        if let next = list.nextUpdate { due.append((file, next)) }
    }
}
