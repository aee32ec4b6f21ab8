internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Asks each address of each name server of a deployment's zone, and the primary where no NS record names it.
struct ZoneLooker: Sendable {
    private let zones: ZoneServers

    init(_ zones: ZoneServers) { self.zones = zones }

    /// What they serve for the deployment's owners.
    func look(_ setup: DeploymentSetup) async -> RolloverParts.ZoneLook {
        let zone = setup.policy.zone
        let owners = Set(setup.policy.services.compactMap(\.owner))
        let questions = owners.map { ServerAnswer.Question($0, .tlsa) }
        let primary = setup.primary
        var look = RolloverParts.ZoneLook(servers: [])
        do throws(ZoneServers.Failure) {
            look.servers = try await zones.ask(zone, questions, listed: setup.servers).map(Self.view)
        } catch {
            look.flaws.append(
                Finding(
                    "zone-servers", .problem,
                    "The name servers of \(zone) can't be found: \(error). Nothing is changed until they can; or list them as 'servers' of the zone in the settings."
                ))
        }
        if let primary, !look.servers.contains(where: { $0.server == primary }),
            let hidden = try? await zones.ask(zone, questions, listed: [primary]).first
        {
            var view = Self.view(hidden)
            view.isHidden = true
            look.servers.append(view)
        }
        for index in look.servers.indices where look.servers[index].server == primary {
            look.servers[index].isPrimary = true
        }
        look.flaws += Self.cuts(look.servers, setup.policy)
        return look
    }

    private static func view(_ answer: ServerAnswer) -> ServerView {
        let now = Int64(Date().timeIntervalSince1970)
        var failure = answer.failure?.text
        if answer.isOutOfReach {
            failure? += "; if this machine has no IPv6, list the addresses that it can ask as 'servers' of the zone"
        }
        var view = ServerView(
            name: answer.name, server: answer.server, failure: failure, serial: answer.serial,
            negativeTTL: answer.negativeTTL)
        for (question, set) in answer.sets {
            let records = set.records.compactMap { record -> TLSA? in
                if case .tlsa(let data) = record.data { data } else { nil }
            }
            guard !records.isEmpty else { continue }
            let until = set.signedUntil(now: now).map { Date(timeIntervalSince1970: Double($0)) }
            view.sets[question.name] = ServerView.SetView(records: records.sorted(), ttl: set.ttl, signedUntil: until)
        }
        return view
    }

    /// RRsets whose TTL is less than what they are published with: `max-zone-ttl` of BIND's dnssec-policy, or somebody else.
    private static func cuts(_ servers: [ServerView], _ policy: RolloverPolicy) -> [Finding] {
        let cut = Set(
            servers.flatMap { view in
                view.sets.filter { $0.value.ttl < policy.ttl }.map { "\($0.key) has \($0.value.ttl) s" }
            })
        guard !cut.isEmpty else { return [] }
        return [
            Finding(
                "max-zone-ttl", .note,
                "TLSA records have a smaller TTL than the \(policy.ttl) s of the settings: \(cut.sorted().joined(separator: ", ")). The zone's dnssec-policy may cut it (max-zone-ttl), or it was set elsewhere; what is served is what counts."
            )
        ]
    }
}

extension DeploymentSetup {
    /// Where the zone is changed, as far as the settings tell.
    var primary: NameServer? {
        if let text = zone.update.server { return NameServer(text: text) }
        guard zone.file.path != nil else { return nil }
        return NameServer(text: zone.file.server ?? "127.0.0.1")
    }
}
