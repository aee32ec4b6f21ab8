internal import StewardCertificates
internal import StewardDNS
internal import SwiftASN1
internal import X509

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The path from a server's certificate to a trust anchor that a TLSA record of usage 2 names, and whether it holds
/// (RFC 7671, section 5.2; RFC 5280, section 6.1). The path is the one that OpenSSL, and so most mail servers, would take:
/// one issuer for each certificate, and no second try.
struct TrustPath {
    /// What was found.
    enum Outcome {
        /// The path holds and ends at `depth`, at what `record` says.
        case holds(record: TLSA, depth: Int)
        /// The path ends at what `record` says, and doesn't hold; why.
        case broken(record: TLSA, depth: Int, why: String)
        /// The path ends at nothing that a record says.
        case none
    }

    /// One certificate that may stand in the path.
    private struct Candidate {
        var source: ChainCertificate
        var certificate: Certificate

        init?(_ source: ChainCertificate) {
            guard let certificate = try? Certificate(derEncoded: source.der) else { return nil }
            self.source = source
            self.certificate = certificate
        }

        /// Whether it names itself as its issuer and signed itself.
        var isSelfSigned: Bool { source.isSelfIssued && signed(certificate) }

        func signed(_ other: Certificate) -> Bool {
            certificate.publicKey.isValidSignature(other.signature, for: other)
        }

        /// Whether it may be the other's issuer by name and, where both tell one, by key identifier.
        func mayHaveIssued(_ other: Candidate) -> Bool {
            guard source.subject == other.source.issuer else { return false }
            let asked = (try? other.certificate.extensions.authorityKeyIdentifier)?.keyIdentifier
            let own = (try? certificate.extensions.subjectKeyIdentifier)?.keyIdentifier
            guard let asked, let own else { return true }
            return asked == own
        }
    }

    /// How many certificates are looked at, and how long a path may be: more is never sent in earnest.
    private static let candidateLimit = 32, depthLimit = 10

    private let records: [TLSA]
    private let candidates: [Candidate]
    private let leaf: Candidate?
    private let now: Date

    /// For the records of usage 2 (or 0) that count, and the chain as it was presented, the server's first. Certificates
    /// that stand whole in records count as sent.
    init(records: [TLSA], chain: [ChainCertificate], at now: Date) {
        self.records = records
        self.now = now
        leaf = chain.first.flatMap(Candidate.init)
        let inRecords = records.filter { $0.selector == 0 && $0.matching == 0 }.compactMap {
            ChainCertificate(der: $0.bytes)
        }
        var seen: Set<[UInt8]> = []
        candidates = (chain.dropFirst() + inRecords).filter { seen.insert($0.der).inserted }.prefix(
            Self.candidateLimit
        ).compactMap(Candidate.init)
    }

    /// Finds the path and judges it.
    func find() -> Outcome {
        guard let leaf else {
            guard let record = records.first else { return .none }
            return .broken(
                record: record, depth: 0, why: "the server's certificate can't be read far enough to check its chain")
        }
        var path = [leaf]
        while let last = path.last, path.count <= Self.depthLimit, !last.isSelfSigned, let next = issuer(last, path) {
            path.append(next)
            if let record = records.first(where: { next.source.isSaid(by: $0) }) {
                return outcome(path, record, depth: path.count - 1, flaw: flaw(path, isAnchored: true))
            }
        }
        return bareAnchor(path)
    }

    /// The first certificate that may have issued the last one and is valid now, else the first that may have.
    private func issuer(_ last: Candidate, _ path: [Candidate]) -> Candidate? {
        let possible = candidates.filter { one in
            one.mayHaveIssued(last) && !path.contains { $0.source.der == one.source.der }
        }
        return possible.first { $0.source.facts.notBefore <= now && now <= $0.source.facts.notAfter }
            ?? possible.first
    }

    /// A record 2 1 0 whose key signed the last certificate: the anchor is a bare key that no certificate need be sent of.
    private func bareAnchor(_ path: [Candidate]) -> Outcome {
        guard let last = path.last else { return .none }
        for record in records where record.selector == 1 && record.matching == 0 {
            guard let key = try? Certificate.PublicKey(derEncoded: record.bytes),
                key.isValidSignature(last.certificate.signature, for: last.certificate)
            else { continue }
            return outcome(path, record, depth: path.count, flaw: flaw(path, isAnchored: false))
        }
        return .none
    }

    private func outcome(_ path: [Candidate], _ record: TLSA, depth: Int, flaw: String?) -> Outcome {
        guard let flaw else { return .holds(record: record, depth: depth) }
        return .broken(record: record, depth: depth, why: flaw)
    }

    // MARK: - What must hold on a path

    /// Why the path doesn't hold; nil if it does. `isAnchored` says that its last certificate is the anchor: no one need
    /// have signed it, and its own times count only where it signed itself, as OpenSSL has it (for RFC 5280, section
    /// 6.1.1, an anchor is a name and a key and has no times).
    private func flaw(_ path: [Candidate], isAnchored: Bool) -> String? {
        let names = HostNames.presented(path[0].certificate)
        for (depth, one) in path.enumerated() {
            let which = depth == 0 ? "the server's certificate" : "the authority's certificate at depth \(depth)"
            let isAnchor = isAnchored && depth == path.count - 1
            if !isAnchor || one.source.isSelfIssued, let why = time(one.source.facts) { return "\(which) \(why)" }
            let below = path[..<depth].dropFirst().filter { !$0.source.isSelfIssued }.count
            if let why = Extensions.flaw(one.certificate, depth: depth, below: below) { return "\(which) \(why)" }
            if depth > 0, !one.signed(path[depth - 1].certificate) {
                return "\(which) did not sign the one below it"
            }
            if depth > 0, let constraints = try? one.certificate.extensions.nameConstraints,
                !HostNames.satisfy(names, constraints)
            {
                return "\(which) may not sign for \(names.joined(separator: ", "))"
            }
        }
        return nil
    }

    private func time(_ facts: CertificateFacts) -> String? {
        if now > facts.notAfter { return "expired on \(Self.day(facts.notAfter))" }
        if now < facts.notBefore { return "holds from \(Self.day(facts.notBefore)) on only" }
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
