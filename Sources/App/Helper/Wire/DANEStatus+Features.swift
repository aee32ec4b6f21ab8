internal import Foundation
package import StewardAPI
internal import StewardCertificates
package import StewardDANE
internal import StewardDNS

extension DANEStatus {
    /// How `deployments` stand; `loop` carries their rollovers out.
    package init(_ deployments: [DeploymentStatus], loop: DANELoop?) {
        let looks = deployments.compactMap(\.observedAt)
        self.init(
            at: CertificateList.time(looks.min() ?? Date()), loop: loop,
            services: deployments.flatMap { deployment in
                deployment.services.map { DANEService($0, of: deployment) }
            },
            findings: deployments.flatMap { deployment in
                deployment.flaws.map { DANEFinding($0, deployment: deployment.name) }
            })
    }
}

extension DANEFinding {
    init(_ finding: Finding, deployment: String) {
        self.init(
            code: finding.code, severity: finding.severity.rawValue, text: finding.text, deployment: deployment,
            path: finding.path)
    }
}

extension DANEHold {
    init(_ hold: RolloverState.Hold) {
        self.init(
            code: hold.code, text: hold.text, since: CertificateList.time(hold.since), alarm: hold.isAlarm)
    }
}

extension DANEService {
    init(_ status: ServiceStatus, of deployment: DeploymentStatus) {
        let labels = KeyLabels(deployment)
        self.init(
            service: status.service.description, deployment: deployment.name, state: deployment.phase,
            owner: status.service.owner?.description ?? "")
        since = (deployment.state?.since).map(CertificateList.time)
        keys = labels.keys
        let answered = deployment.servers.count { $0.failure == nil }
        let own = deployment.state?.own[owner] ?? []
        tlsa = status.records.map { record in
            DANERecord(
                data: record.record.description, key: labels.of(record.label), own: own.contains(record.record),
                servers: answered - record.missingOn.count, of: answered)
        }
        let everywhere = status.records.filter(\.missingOn.isEmpty).map(\.record)
        served = status.endpoints.map { endpoint in
            DANEServed(
                address: endpoint.address, key: endpoint.served.flatMap { labels.of($0.label) },
                spki: endpoint.served?.spki.description,
                matches: endpoint.served?.records.first(where: everywhere.contains).map(Self.form),
                failure: endpoint.failure)
        }
        (dnssec, dnssecReason) = Self.words(status.security)
        signedUntil = status.signedUntil.map(CertificateList.time)
        next = labels.shortened(deployment.text)
        nextAt = (deployment.until ?? deployment.lookAgain).map(CertificateList.time)
        holds = (deployment.state?.holds ?? []).map { DANEHold($0) }
    }

    private static func words(_ security: Resolution.Security?) -> (String, String?) {
        switch security {
        case nil: ("unknown", nil)
        case .secure: ("secure", nil)
        case .insecure: ("insecure", "the zone is not signed, or its parent has no DS record for it")
        case .bogus(let reason): ("bogus", reason)
        case .failed(let reason): ("failed", reason)
        }
    }

    private static func form(_ record: TLSA) -> String {
        "\(record.usage) \(record.selector) \(record.matching)"
    }
}

/// The short names of the keys that play a part in a deployment: `K1` is the oldest.
private struct KeyLabels {
    private(set) var keys: [DANEKey] = []
    /// By the credential's own label, which is made of its key's digest.
    private var labels: [String: String] = [:]

    init(_ deployment: DeploymentStatus) {
        let state = deployment.state
        add("previous", state?.previous)
        add("current", state?.current ?? deployment.deployed)
        add("candidate", state?.candidate ?? (state == nil ? deployment.lineage : nil))
        if let next = state?.next, labels["K\(next.spki.description.prefix(8))"] == nil {
            keys.append(
                DANEKey(
                    label: label("K\(next.spki.description.prefix(8))"), role: "next", spki: next.spki.description,
                    certificate: nil, expires: nil))
        }
    }

    /// The short name of the key whose credential is called `long`; nil for another's.
    func of(_ long: String) -> String? { labels[long] }

    /// `text` with the short names in place of the long ones.
    func shortened(_ text: String) -> String {
        labels.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    private mutating func label(_ long: String) -> String {
        if let known = labels[long] { return known }
        labels[long] = "K\(labels.count + 1)"
        return "K\(labels.count)"
    }

    private mutating func add(_ role: String, _ credential: Credential?) {
        guard let credential,
            !keys.contains(where: { $0.certificate == credential.certificate.description })
        else { return }
        keys.append(
            DANEKey(
                label: label(credential.label), role: role, spki: credential.spki.description,
                certificate: credential.certificate.description, expires: CertificateList.time(credential.notAfter)))
    }
}

extension DANEPlan.Entry {
    init(_ plan: DeploymentPlan, state: String) {
        var changes: [String] = []
        if case .publish(let sets) = plan.action { changes = sets.flatMap(Self.lines) }
        self.init(
            deployment: plan.name, state: state, action: plan.action.map(Self.word), changes: changes,
            place: changes.isEmpty ? nil : plan.place, text: plan.text, nextAt: plan.at.map(CertificateList.time),
            holds: plan.holds.map { DANEHold($0) })
    }

    private static func word(_ action: RolloverAction) -> String {
        switch action {
        case .publish: "publish"
        case .deploy: "deploy"
        case .rollBack: "roll-back"
        case .reload: "reload"
        case .stageKey: "stage-key"
        case .issue: "issue"
        }
    }

    private static func lines(_ change: RRsetChange) -> [String] {
        let stays = Set(change.present).subtracting(change.remove).subtracting(change.add)
        return [("  ", stays.sorted()), ("- ", change.remove), ("+ ", change.add)].flatMap { sign, records in
            records.map { "\(sign)\(change.owner) \(change.ttl) IN TLSA \($0)" }
        }
    }
}
