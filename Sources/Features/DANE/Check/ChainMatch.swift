internal import StewardCertificates
package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What a sender makes of a presented chain and a TLSA RRset (RFC 6698, section 2.1; RFC 7671, section 5; RFC 7672,
/// section 3).
package enum ChainMatch: Hashable, Sendable {
    /// The server is known: by `record`, at `depth` of its chain (0: its own certificate or key).
    case matched(record: TLSA, depth: Int)
    /// It isn't.
    case failed(Mismatch)
    /// No record can be used: there is nothing to compare with.
    case noUsableRecord

    /// Why a chain doesn't match.
    package struct Mismatch: Hashable, Sendable {
        /// Which kind.
        package enum Reason: String, Hashable, Sendable, Codable {
            /// No record says anything of what is presented.
            case noMatch = "no-match"
            /// All records name authorities, and none of their certificates is in the chain.
            case anchorNotSent = "anchor-not-sent"
            /// A record names an authority of the chain, and the chain doesn't hold.
            case chainInvalid = "chain-invalid"
            /// A record names an authority of the chain, which holds, and the certificate is for other names.
            case nameMismatch = "name-mismatch"
            /// What was presented is no certificate.
            case damaged = "certificate-damaged"
        }

        /// Which kind.
        package var reason: Reason
        /// Why, in words, ending without a period.
        package var text: String
        /// The record that came nearest; nil where none did.
        package var record: TLSA?
    }

    /// Whether the server is known.
    package var isMatch: Bool {
        if case .matched = self { true } else { false }
    }

    /// Matches a chain as it was presented (DER, the server's first) with an RRset. `names` are the reference
    /// identifiers: the TLSA base domain, and the next-hop domain where a secure MX record led from it.
    package static func match(
        _ presented: [[UInt8]], records: [TLSA], names: [DomainName], isSMTP: Bool = true, at now: Date
    ) -> ChainMatch {
        match(presented, judged: RecordJudge.judge(records, isSMTP: isSMTP), names: names, at: now)
    }

    /// The same for an RRset that was judged already.
    package static func match(
        _ presented: [[UInt8]], judged: [JudgedRecord], names: [DomainName], at now: Date
    ) -> ChainMatch {
        let records = judged.filter(\.counts).map(\.record)
        guard !records.isEmpty else { return .noUsableRecord }
        guard let first = presented.first, let server = ChainCertificate(der: first) else {
            return .failed(Mismatch(reason: .damaged, text: "what the server presents is no certificate", record: nil))
        }
        if let record = records.first(where: { $0.usage == 3 && server.isSaid(by: $0) }) {
            return .matched(record: record, depth: 0)
        }
        if let record = records.first(where: { $0.usage == 1 && server.isSaid(by: $0) }) {
            return named(record, depth: 0, server, names)
        }
        let anchors = records.filter { $0.usage == 2 || $0.usage == 0 }
        guard !anchors.isEmpty else { return .failed(noMatch(server, records)) }
        var chain = [server]
        for der in presented.dropFirst() { if let one = ChainCertificate(der: der) { chain.append(one) } }
        switch TrustPath(records: anchors, chain: chain, at: now).find() {
        case .holds(let record, let depth): return named(record, depth: depth, server, names)
        case .broken(let record, let depth, let why):
            let text = "'\(RecordJudge.brief(record))' is the authority's at depth \(depth), and \(why)"
            return .failed(Mismatch(reason: .chainInvalid, text: text, record: record))
        case .none:
            guard anchors.count == records.count else { return .failed(noMatch(server, records)) }
            return .failed(notSent(chain, anchors))
        }
    }

    private static func named(
        _ record: TLSA, depth: Int, _ server: ChainCertificate, _ names: [DomainName]
    ) -> ChainMatch {
        let presented = HostNames.presented(der: server.der) ?? server.facts.names
        if HostNames.match(presented, names) { return .matched(record: record, depth: depth) }
        let (has, wants) = (presented.prefix(6).joined(separator: ", "), names.map(\.host).joined(separator: " or "))
        let text =
            "'\(RecordJudge.brief(record))' matches at depth \(depth), and the certificate is for \(has.isEmpty ? "no name" : has), not for \(wants)"
        return .failed(Mismatch(reason: .nameMismatch, text: text, record: record))
    }

    private static func noMatch(_ server: ChainCertificate, _ records: [TLSA]) -> Mismatch {
        let said = records.prefix(4).map { "'\(RecordJudge.brief($0))'" }.joined(separator: ", ")
        let form = records.first { $0.usage == 3 || $0.usage == 1 }
        let own = TLSA(
            usage: 3, selector: form?.selector ?? 1, matching: 1,
            bytes: server.association(selector: form?.selector ?? 1, matching: 1) ?? [])
        return Mismatch(
            reason: .noMatch,
            text: "the served one is '\(own)', and the records are \(said)\(records.count > 4 ? ", ..." : "")",
            record: nil)
    }

    private static func notSent(_ chain: [ChainCertificate], _ anchors: [TLSA]) -> Mismatch {
        if let record = anchors.first(where: { chain[0].isSaid(by: $0) }) {
            let text =
                "'\(RecordJudge.brief(record))' has usage \(record.usage), an authority's, and is the server's own: only usage \(record.usage + 1) is for that"
            return Mismatch(reason: .noMatch, text: text, record: record)
        }
        if let record = anchors.first(where: { anchor in chain.dropFirst().contains { $0.isSaid(by: anchor) } }) {
            let text =
                "the server sends the authority's certificate that '\(RecordJudge.brief(record))' says, and it did not sign the chain"
            return Mismatch(reason: .chainInvalid, text: text, record: record)
        }
        let said = anchors.prefix(4).map { "'\(RecordJudge.brief($0))'" }.joined(separator: ", ")
        let text =
            "the records name authorities (\(said)), and none of the \(chain.count) certificates that the server sends is theirs"
        return Mismatch(reason: .anchorNotSent, text: text, record: nil)
    }
}
