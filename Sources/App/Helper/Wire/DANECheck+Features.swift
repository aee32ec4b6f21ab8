package import StewardAPI
internal import StewardCertificates
package import StewardDANE
internal import StewardDNS

extension DANECheck {
    /// `report` about what was asked as `domain`, as `--json` shows it.
    package init(_ report: CheckReport, of domain: String) {
        self.init(
            domain: domain, verdict: report.verdict.rawValue, services: report.services.map { Service($0) },
            findings: report.findings.map { finding in
                Finding(
                    code: finding.code, severity: finding.severity.rawValue, place: finding.place, text: finding.text,
                    effect: finding.effect.rawValue)
            })
    }

    fileprivate static func words(_ security: Resolution.Security) -> String {
        switch security {
        case .secure: "secure"
        case .insecure: "insecure"
        case .bogus(let reason): "bogus: \(reason)"
        case .failed(let reason): "failed: \(reason)"
        }
    }
}

extension DANECheck.Service {
    init(_ checked: CheckedService) {
        self.init(
            service: checked.service.description, policy: checked.policy.rawValue,
            outcome: checked.outcome.rawValue, addressSecurity: DANECheck.words(checked.addressSecurity))
        preference = checked.preference.map(Int.init)
        owner = checked.owner?.description
        recordSecurity = checked.recordSecurity.map(DANECheck.words)
        ttl = Int(checked.ttl)
        let served = checked.servedRecords
        records = checked.records.map { DANECheck.Record($0, served: served.contains($0.record)) }
        endpoints = checked.endpoints.map { endpoint in
            DANECheck.Endpoint(
                address: endpoint.address, state: endpoint.state.rawValue, reason: endpoint.reason,
                served: endpoint.served.map { DANECheck.Served($0) }, seconds: endpoint.seconds)
        }
        zone = checked.zone?.description
        servers = checked.servers.map { DANECheck.Server($0, owner: checked.owner) }
    }
}

extension DANECheck.Record {
    init(_ judged: JudgedRecord, served: Bool) {
        let (standing, reason): (String, String?) =
            switch judged.standing {
            case .usable where judged.isRepeated: ("usable", "it stands twice")
            case .usable where judged.isSuperseded: ("usable", "a stronger digest stands beside it and is used instead")
            case .usable: ("usable", nil)
            case .unusable(let reason): ("unusable", reason)
            case .malformed(let reason): ("malformed", reason)
            }
        self.init(data: judged.record.description, standing: standing, reason: reason, served: served)
    }
}

extension DANECheck.Served {
    init(_ served: CheckedEndpoint.Served) {
        let (matches, reason): (String?, String?) =
            switch served.match {
            case .matched(let record, _): (record.description, nil)
            case .failed(let mismatch): (nil, mismatch.text)
            case .noUsableRecord: (nil, "there is no usable record to compare with")
            }
        self.init(
            name: served.name, matches: matches, reason: reason, spki: served.certificate?.spki.description,
            expires: (served.certificate?.notAfter).map(CertificateList.time), tls: served.versionName)
    }
}

extension DANECheck.Server {
    init(_ view: ServerView, owner: DomainName?) {
        let set = owner.flatMap { view.sets[$0] }
        self.init(
            name: view.name, address: view.server.description, failure: view.failure, serial: view.serial.map(Int.init),
            records: (set?.records ?? []).map(\.description), ttl: set.map { Int($0.ttl) },
            signedUntil: (set?.signedUntil).map(CertificateList.time))
    }
}
