package import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension ZoneServers: ZoneAsking {
    /// What each address of each name server of the owner's zone answers.
    package func views(of owner: DomainName) async -> ZoneViews {
        do throws(ZoneServers.Failure) {
            let zone = try await zone(of: owner)
            do throws(ZoneServers.Failure) {
                let answers = try await ask(zone, [ServerAnswer.Question(owner, .tlsa)])
                return ZoneViews(zone: zone, servers: answers.map { $0.view(of: owner) })
            } catch {
                return ZoneViews(zone: zone, servers: [], failure: error.text)
            }
        } catch {
            return ZoneViews(zone: nil, servers: [], failure: error.text)
        }
    }
}

extension ServerAnswer {
    /// The answer, as far as it is about the TLSA records of `owner`.
    fileprivate func view(of owner: DomainName) -> ServerView {
        var view = ServerView(
            name: name, server: server, failure: failure?.text, serial: serial, negativeTTL: negativeTTL)
        guard let set = sets[Question(owner, .tlsa)], !set.records.isEmpty else { return view }
        let records = set.records.compactMap { record in
            if case .tlsa(let data) = record.data { data } else { nil }
        }
        let until = set.signedUntil(now: Int64(Date().timeIntervalSince1970))
        view.sets[owner] = ServerView.SetView(
            records: records, ttl: set.ttl, signedUntil: until.map { Date(timeIntervalSince1970: Double($0)) })
        return view
    }
}
