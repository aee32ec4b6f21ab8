import StewardCertificates
import StewardDANE
import StewardDNS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension World {
    /// How likely things go wrong while Steward looks and acts; 0 when the faults are over.
    struct Faults {
        var observation = 0.0
        var crash = 0.0
        var act = 0.0
    }

    /// One look, one decision, one act; how long until the next one, in seconds.
    mutating func work(_ faults: Faults) -> Double {
        let seen = observe(faults)
        pass(until: now + random.between(0.1, 3))
        let decision = step(disk, seen, policy)
        for event in decision.events { note("event \(event.code): \(event.text)") }
        if random.happens(faults.crash) { return random.between(5, 600) }
        disk = decision.state
        wasTouched = false
        if random.happens(faults.crash) { return random.between(5, 600) }
        if let action = decision.action {
            note("act \(action): \(decision.text)")
            act(action, faults)
            pass(until: now + 1)
            return random.happens(faults.crash) ? random.between(5, 86_400) : 1
        }
        return max(1, decision.lookAgain.timeIntervalSince(seen.at))
    }

    mutating func observe(_ faults: Faults) -> Observation {
        var views: [ServerView] = []
        for (index, server) in servers.enumerated() {
            var view = ServerView(name: server.name, server: NameServer("192.0.2.\(index + 1)"), isPrimary: index == 0)
            if server.deadUntil > now || random.happens(faults.observation) {
                view.failure = "nothing came within 2 s"
            } else {
                view.negativeTTL = negativeTTL
                for (owner, version) in server.sets {
                    view.sets[owner] = ServerView.SetView(
                        records: version.records, ttl: version.ttl, signedUntil: date + 10 * 86_400)
                }
            }
            views.append(view)
        }
        let looks = endpoints.map { endpoint in
            endpoint.unreachableUntil > now || endpoint.serving == nil || random.happens(faults.observation)
                ? EndpointView(service: endpoint.service, address: endpoint.address, failure: "refused")
                : EndpointView(service: endpoint.service, address: endpoint.address, served: endpoint.serving)
        }
        var validation: [DomainName: Resolution] = [:]
        for owner in owners {
            let security = random.happens(faults.observation) ? .failed("timeout") : security
            validation[owner] = Resolution(name: owner, type: .tlsa, security: security)
        }
        return Observation(
            at: date, uptime: hasUptime ? .init(boot: "\(boot)", seconds: now + 1000) : nil,
            lineage: random.happens(faults.observation) ? nil : lineage, archive: keepsArchive ? archive : [],
            staged: staged, issued: issued, deployed: file, servers: views, validation: validation, endpoints: looks)
    }

    private mutating func act(_ action: RolloverAction, _ faults: Faults) {
        if random.happens(faults.act) { return }
        switch action {
        case .publish(let changes):
            for change in changes where servers[0].deadUntil <= now {
                let present = servers[0].sets[change.owner]?.records ?? []
                guard Set(present) == Set(change.present) else { continue }
                let stolen = foreign[change.owner, default: []].intersection(change.remove)
                if !stolen.isEmpty {
                    ledger.violations.append("\(Wording.span(now)): takes foreign records away: \(stolen)")
                }
                self.change(change.owner, ttl: change.ttl) { _ in change.wanted }
                if random.happens(faults.crash) { return }
            }
        case .deploy(let credential):
            guard ([lineage, issued].compactMap(\.self) + archive).contains(credential) else { return }
            if credential == issued {
                archive.append(lineage)
                lineage = credential
                issued = nil
                staged = nil
            }
            file = credential
            if !random.happens(faults.act) { reload() }
        case .rollBack(let credential):
            file = credential
            reload()
        case .reload: reload()
        case .stageKey:
            lastNumber += 1
            stagedNumber = lastNumber
            staged = StagedKey(
                spki: Simulated.fingerprint(lastNumber, 2),
                records: policy.forms.filter { $0.usage == 3 && $0.selector == 1 }
                    .map { Simulated.record($0, key: lastNumber, certificate: 0) }, made: date)
        case .issue:
            lastNumber += 1
            issued = Simulated.credential(
                key: stagedNumber, certificate: lastNumber, from: now, days: days, forms: policy.forms)
        }
    }
}
