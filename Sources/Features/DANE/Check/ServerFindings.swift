internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What is wrong with what the name servers answer, seen beside each other, the resolver's answer and what is served.
struct ServerFindings {
    var views: ZoneViews
    var owner: DomainName
    var service: CheckedService
    var names: [DomainName]
    var isSMTP: Bool
    /// How long signatures must hold at least, in seconds.
    var reserve: Double
    var now: Date

    /// All of them.
    var all: [CheckFinding] {
        if let failure = views.failure {
            return [
                CheckFinding(
                    .serversUnknown, "\(owner)",
                    "The name servers that hold \(owner) could not be found out: \(failure). Mend the zone's NS records."
                )
            ]
        }
        return views.servers.flatMap(one) + beside
    }

    private func who(_ view: ServerView) -> String { "\(view.name) (\(view.server))" }

    /// About one server.
    private func one(_ view: ServerView) -> [CheckFinding] {
        if let failure = view.failure, views.unseen.contains(view.server) {
            return [
                CheckFinding(
                    .noRoute, "\(view.server)",
                    "The name server \(who(view)) could not be asked from this machine: \(failure). That says nothing about it; look from a machine with IPv6."
                )
            ]
        }
        if let failure = view.failure {
            let kind = view.isLame ? CheckFindingKind.serverLame : .serverSilent
            return [
                CheckFinding(
                    kind, "\(view.server)",
                    "The name server \(who(view)) of \(views.zone?.host ?? "the zone") \(view.isLame ? "doesn't answer for the zone" : "gives no answer"): \(failure). Mend it, or take it out of the NS records."
                )
            ]
        }
        guard let set = view.sets[owner], !set.records.isEmpty else {
            return [
                CheckFinding(
                    .serverLacks, "\(view.server)",
                    "The name server \(who(view)) has no TLSA record at \(owner), and the resolver found \(service.records.count): senders whose resolver asks it don't know the server, or call its answer bogus. Mend the transfer of the zone to it."
                )
            ]
        }
        return differing(view, set) + signatures(view, set)
    }

    private func differing(_ view: ServerView, _ set: ServerView.SetView) -> [CheckFinding] {
        guard Set(set.records) != Set(service.records.map(\.record)) else { return [] }
        let chains = service.endpoints.flatMap { $0.served.filter { $0.name != nil }.map(\.chain) }
        let judged = RecordJudge.judge(set.records, isSMTP: isSMTP)
        let isServed = chains.allSatisfy { ChainMatch.match($0, judged: judged, names: names, at: now).isMatch }
        let has = set.records.sorted().prefix(4).map { "'\(RecordJudge.brief($0))'" }.joined(separator: ", ")
        if isServed {
            return [
                CheckFinding(
                    .serverDiffers, "\(view.server)",
                    "The name server \(who(view)) serves other TLSA records at \(owner) than the resolver found (\(has)); they match what is served all the same. Within minutes of a change that is usual; after that mend the transfer of the zone.",
                    effect: SenderEffect.none, severity: .warning)
            ]
        }
        return [
            CheckFinding(
                .serverDiffers, "\(view.server)",
                "The name server \(who(view)) serves TLSA records at \(owner) that don't match what \(service.service) presents (\(has)): senders whose resolver asks it don't deliver. Mend the transfer of the zone to it."
            )
        ]
    }

    private func signatures(_ view: ServerView, _ set: ServerView.SetView) -> [CheckFinding] {
        guard let until = set.signedUntil else {
            return [
                CheckFinding(
                    .signatureMissing, "\(view.server)",
                    "The name server \(who(view)) serves the TLSA records at \(owner) without a signature: resolvers that ask it call them bogus. See whether it has the signed zone."
                )
            ]
        }
        let left = until.timeIntervalSince(now)
        if left <= 0 {
            return [
                CheckFinding(
                    .signatureExpired, "\(view.server)",
                    "The signature of \(owner) on \(who(view)) expired on \(until.formatted(.iso8601)): resolvers that ask it call the records bogus. Sign the zone anew, or mend the transfer."
                )
            ]
        }
        guard left < max(reserve, 2 * Double(set.ttl)) else { return [] }
        return [
            CheckFinding(
                .signatureEnding, "\(view.server)",
                "The signature of \(owner) on \(who(view)) holds for \(Self.span(left)) only, until \(until.formatted(.iso8601)). See why the zone isn't signed anew, or why the transfer is late."
            )
        ]
    }

    /// `1 d 4 h`, `3 h 10 min`, `5 min`.
    static func span(_ seconds: Double) -> String {
        let minutes = Int(seconds / 60)
        switch minutes {
        case 1440...: return "\(minutes / 1440) d \(minutes % 1440 / 60) h"
        case 60...: return "\(minutes / 60) h \(minutes % 60) min"
        default: return "\(minutes) min"
        }
    }

    /// About all servers beside each other.
    private var beside: [CheckFinding] {
        var found: [CheckFinding] = []
        let answering = views.servers.filter { $0.failure == nil }
        let ttls = Set(answering.compactMap { $0.sets[owner]?.ttl })
        if ttls.count > 1 {
            found.append(
                CheckFinding(
                    .serverTTL, "\(owner)",
                    "The name servers serve \(owner) with different TTLs: \(ttls.sorted().map { "\($0) s" }.joined(separator: ", ")). Mend the transfer of the zone."
                ))
        }
        let serials = Set(answering.compactMap(\.serial))
        if serials.count > 1 {
            found.append(
                CheckFinding(
                    .serverSerial, "\(views.zone?.host ?? owner.host)",
                    "The name servers serve different versions of the zone: \(answering.compactMap { view in view.serial.map { "\(who(view)) \($0)" } }.joined(separator: ", ")). After some minutes mend the transfer of the zone."
                ))
        }
        return found
    }
}
