internal import StewardCertificates
internal import StewardDNS
internal import SwiftASN1
internal import X509

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Finds a path from a server's certificate to a trust anchor that a TLSA record of usage 2 names, and checks it
/// (RFC 7671, section 5.2; RFC 5280, section 6.1).
struct TrustPath {
    /// What was found.
    enum Outcome {
        /// The path holds and ends at `depth`, at what `record` says.
        case holds(record: TLSA, depth: Int)
        /// A path ends at what `record` says, and doesn't hold; why.
        case broken(record: TLSA, depth: Int, why: String)
        /// No path ends at what a record says.
        case none
    }

    /// One certificate that may stand in a path.
    private struct Candidate {
        var source: ChainCertificate
        var certificate: Certificate
    }

    /// How many signatures are checked at most: a hostile chain makes no work beyond that.
    private static let signatureLimit = 64
    /// How long a path may be.
    private static let depthLimit = 10

    private let records: [TLSA]
    private let candidates: [Candidate]
    private let leaf: Candidate?
    private let now: Date
    private var signatures = 0
    private var broken: (TLSA, Int, String)?

    /// For the records of usage 2 (or 0) that count, and the chain as it was presented, the server's first.
    init(records: [TLSA], chain: [ChainCertificate], at now: Date) {
        self.records = records
        self.now = now
        leaf = chain.first.flatMap(Self.candidate)
        let inRecords = records.filter { $0.selector == 0 && $0.matching == 0 }.compactMap {
            ChainCertificate(der: $0.bytes)
        }
        var seen: Set<[UInt8]> = []
        candidates = (chain.dropFirst() + inRecords).filter { seen.insert($0.der).inserted }.prefix(32).compactMap(
            Self.candidate)
    }

    private static func candidate(_ source: ChainCertificate) -> Candidate? {
        (try? Certificate(derEncoded: source.der)).map { Candidate(source: source, certificate: $0) }
    }

    /// Looks for a path that holds.
    mutating func find() -> Outcome {
        guard let leaf else {
            return records.isEmpty
                ? .none
                : .broken(
                    record: records[0], depth: 0,
                    why: "the server's certificate can't be read far enough to check its chain")
        }
        if let (record, depth) = extend([leaf]) { return .holds(record: record, depth: depth) }
        if let (record, depth, why) = broken { return .broken(record: record, depth: depth, why: why) }
        return .none
    }

    /// Goes on from the last certificate of `path`, depth first.
    private mutating func extend(_ path: [Candidate]) -> (TLSA, Int)? {
        guard let last = path.last, path.count <= Self.depthLimit else { return nil }
        if let found = bareAnchor(path, last) { return found }
        for next in candidates where next.source.subject == last.source.issuer {
            guard !path.contains(where: { $0.source.der == next.source.der }),
                isSigned(last, by: next.certificate.publicKey)
            else { continue }
            let longer = path + [next]
            if let record = records.first(where: { next.source.isSaid(by: $0) }) {
                if let found = judge(longer, record) { return found }
            }
            if let found = extend(longer) { return found }
        }
        return nil
    }

    /// A record 2 1 0 whose key signed the last certificate: the anchor is a bare key that the server needn't send.
    private mutating func bareAnchor(_ path: [Candidate], _ last: Candidate) -> (TLSA, Int)? {
        for record in records where record.selector == 1 && record.matching == 0 {
            guard let key = try? Certificate.PublicKey(derEncoded: record.bytes), isSigned(last, by: key) else {
                continue
            }
            if let why = flaw(path) {
                note(record, path.count, why)
            } else {
                return (record, path.count)
            }
        }
        return nil
    }

    private mutating func judge(_ path: [Candidate], _ record: TLSA) -> (TLSA, Int)? {
        guard let why = flaw(path) else { return (record, path.count - 1) }
        note(record, path.count - 1, why)
        return nil
    }

    private mutating func note(_ record: TLSA, _ depth: Int, _ why: String) {
        if broken == nil { broken = (record, depth, why) }
    }

    private mutating func isSigned(_ certificate: Candidate, by key: Certificate.PublicKey) -> Bool {
        guard signatures < Self.signatureLimit else { return false }
        signatures += 1
        return key.isValidSignature(certificate.certificate.signature, for: certificate.certificate)
    }

    // MARK: - What must hold on a path

    /// Why the path doesn't hold; nil if it does.
    private func flaw(_ path: [Candidate]) -> String? {
        let names = HostNames.presented(path[0].certificate)
        for (depth, one) in path.enumerated() {
            let facts = one.source.facts
            let which = depth == 0 ? "the server's certificate" : "the authority's certificate at depth \(depth)"
            if now > facts.notAfter { return "\(which) expired on \(Self.day(facts.notAfter))" }
            if now < facts.notBefore { return "\(which) holds from \(Self.day(facts.notBefore)) on only" }
            let below = path[..<depth].dropFirst().filter { !$0.source.isSelfIssued }.count
            if let why = Extensions.flaw(one.certificate, depth: depth, below: below) { return "\(which) \(why)" }
            if depth > 0, let constraints = try? one.certificate.extensions.nameConstraints,
                !HostNames.satisfy(names, constraints)
            {
                return "\(which) may not sign for \(names.joined(separator: ", "))"
            }
        }
        return nil
    }

    /// `2026-11-25`, in UTC.
    static func day(_ date: Date) -> String { date.formatted(.iso8601.year().month().day()) }
}

/// What a certificate's extensions must say for it to stand at a place in a path.
private enum Extensions {
    private static let understood: Set<ASN1ObjectIdentifier> = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.nameConstraints, .X509ExtensionID.subjectAlternativeName,
        .X509ExtensionID.subjectKeyIdentifier, .X509ExtensionID.authorityKeyIdentifier,
        // Certificate policies, policy mappings, policy constraints, any-policy: no policy is asked for.
        [2, 5, 29, 32], [2, 5, 29, 33], [2, 5, 29, 36], [2, 5, 29, 54],
    ]

    /// Why it may not stand at `depth`, with `below` authorities between it and the server's; nil if it may.
    static func flaw(_ certificate: Certificate, depth: Int, below: Int) -> String? {
        let extensions = certificate.extensions
        if let unknown = extensions.first(where: { $0.critical && !understood.contains($0.oid) }) {
            return "has a critical extension that isn't understood (\(unknown.oid))"
        }
        do {
            if let usages = try extensions.extendedKeyUsage, !usages.contains(.serverAuth) {
                return "is not for servers (extended key usage)"
            }
            return depth == 0 ? try server(extensions) : try authority(certificate, below)
        } catch {
            return "has a damaged extension"
        }
    }

    private static func server(_ extensions: Certificate.Extensions) throws -> String? {
        guard let usage = try extensions.keyUsage else { return nil }
        let fits = usage.digitalSignature || usage.keyEncipherment || usage.keyAgreement
        return fits ? nil : "has a key that is not for TLS (key usage)"
    }

    private static func authority(_ certificate: Certificate, _ below: Int) throws -> String? {
        if let usage = try certificate.extensions.keyUsage, !usage.keyCertSign {
            return "may not sign certificates (key usage)"
        }
        switch try certificate.extensions.basicConstraints {
        case .isCertificateAuthority(let limit):
            if let limit, below > limit { return "may not have \(below) authorities below it (path length \(limit))" }
            return nil
        case .notCertificateAuthority: return "is no authority's (basic constraints)"
        case nil:
            return certificate.version == .v1 && certificate.issuer == certificate.subject
                ? nil : "is no authority's (it has no basic constraints)"
        }
    }
}
