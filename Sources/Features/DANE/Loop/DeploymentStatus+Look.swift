internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension DeploymentStatus {
    /// After a look and the decision that it led to.
    init(setup: DeploymentSetup, state: RolloverState, step: RolloverStep, observation: Observation) {
        self.init(setup: setup, text: step.text)
        self.state = state
        lookAgain = step.lookAgain
        observedAt = observation.at
        lineage = observation.lineage
        deployed = observation.deployed
        servers = observation.servers
        flaws = observation.flaws
        let labels = Self.labels(state, observation)
        services = setup.policy.services.map { ServiceStatus($0, observation, labels: labels) }
    }

    /// Whose each record is.
    private static func labels(_ state: RolloverState, _ observation: Observation) -> [TLSA: String] {
        var labels: [TLSA: String] = [:]
        let credentials =
            [
                state.current, observation.deployed, state.candidate, state.previous, observation.lineage,
            ].compactMap { $0 } + observation.archive
        for credential in credentials {
            for record in credential.records where labels[record] == nil { labels[record] = credential.label }
        }
        for key in [state.next, observation.staged].compactMap({ $0 }) {
            for record in key.records where labels[record] == nil {
                labels[record] = "K\(key.spki.description.prefix(8))"
            }
        }
        return labels
    }
}

extension ServiceStatus {
    /// As a look shows it; `labels` says whose each record is.
    init(_ service: Service, _ observation: Observation, labels: [TLSA: String]) {
        self.init(service: service)
        endpoints = observation.endpoints.filter { $0.service == service }
        guard let owner = service.owner else { return }
        security = observation.validation[owner]?.security
        let answering = observation.servers.filter { $0.failure == nil }
        let sets = answering.map { ($0.server, $0.sets[owner]) }
        signedUntil = sets.compactMap { $0.1?.signedUntil }.min()
        let all = Set(sets.flatMap { $0.1?.records ?? [] })
        records = all.map { record in
            PublishedRecord(
                record: record, label: labels[record] ?? "foreign",
                missingOn: sets.filter { !($0.1?.records.contains(record) ?? false) }.map(\.0))
        }.sorted {
            ($0.label == "foreign" ? 1 : 0, $0.label, $0.record) < ($1.label == "foreign" ? 1 : 0, $1.label, $1.record)
        }
        let seen = endpoints.compactMap(\.served)
        guard !seen.isEmpty, !answering.isEmpty else { return }
        isMatched = seen.allSatisfy { credential in
            sets.allSatisfy { set in set.1?.records.contains(where: credential.records.contains) ?? false }
        }
    }
}
