package import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension ZoneServers: ZoneAsking {
    /// Finds the owner's zone and asks each address of each of its name servers.
    package func views(of owner: DomainName) async -> ZoneViews {
        var zone: DomainName?
        do throws(Failure) {
            let found = try await self.zone(of: owner)
            zone = found
            let question = ServerAnswer.Question(owner, .tlsa)
            let answers = try await ask(found, [question])
            return ZoneViews(
                zone: found, servers: answers.map { Self.view($0, question) },
                unseen: Set(answers.filter(Self.isUnseen).map(\.server)))
        } catch {
            return ZoneViews(zone: zone, servers: [], failure: error.text)
        }
    }

    private static func view(_ answer: ServerAnswer, _ question: ServerAnswer.Question) -> ServerView {
        var view = ServerView(
            name: answer.name, server: answer.server, failure: answer.failure?.text, serial: answer.serial,
            negativeTTL: answer.negativeTTL)
        switch answer.failure?.reason {
        case .code, .notAuthoritative: view.isLame = true
        default: break
        }
        guard let set = answer.sets[question] else { return view }
        let records = set.records.compactMap { if case .tlsa(let record) = $0.data { record } else { nil } }
        let until = set.signedUntil(now: Int64(Date().timeIntervalSince1970))
        view.sets[question.name] = ServerView.SetView(
            records: records, ttl: set.ttl, signedUntil: until.map { Date(timeIntervalSince1970: Double($0)) })
        return view
    }

    /// Whether this machine has no way there (no IPv6, mostly), which says nothing about the server.
    private static func isUnseen(_ answer: ServerAnswer) -> Bool {
        guard answer.server.address.contains(":"), let failure = answer.failure else { return false }
        return failure.reason == .exchange(.unreachable) || failure.reason == .exchange(.local)
    }
}
