package import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension ZoneServers: ZoneAsking {
    /// Looks up each address of each name server.
    package func places(in zone: DomainName) async -> ZonePlaces {
        do throws(Failure) {
            let found = try await places(of: zone)
            return ZonePlaces(zone: zone, found: .success(found))
        } catch {
            return ZonePlaces(zone: zone, found: .failure(error))
        }
    }

    /// Finds the owner's zone and its name servers, unless they are known, and asks each address of each of them.
    package func views(of owner: DomainName, at known: ZonePlaces?) async -> ZoneViews {
        var zone = known?.zone
        do throws(Failure) {
            let places: ZonePlaces
            if let known { places = known } else { places = await self.places(in: try await self.zone(of: owner)) }
            zone = places.zone
            let question = ServerAnswer.Question(owner, .tlsa)
            let answers = await ask(places.zone, [question], at: try places.found.get())
            return ZoneViews(
                zone: zone, servers: answers.map { Self.view($0, question) },
                unseen: Set(answers.filter(\.isOutOfReach).map(\.server)))
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
}
