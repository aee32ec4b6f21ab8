internal import Foundation
package import StewardAPI
internal import StewardCertificates
package import StewardDANE
internal import StewardDNS

extension DANEReport {
    /// What a check found, as `--json` shows it.
    package init(_ report: CheckReport) {
        self.init(
            domain: report.domain, verdict: report.verdict.rawValue,
            services: report.services.map(DANEReportService.init),
            findings: report.findings.map { finding in
                DANEReportFinding(
                    code: finding.code, text: finding.text, effect: finding.effect.rawValue,
                    severity: finding.severity.rawValue, place: finding.place)
            })
    }
}

extension DANEReportService {
    init(_ checked: CheckedService) {
        let matched = Set(checked.servedRecords)
        let place = checked.recordPlace ?? checked.owner
        self.init(
            host: checked.service.host.host, port: checked.service.port,
            protocol: checked.protocolName, preference: checked.preference.map { Int($0) },
            outcome: checked.outcome.rawValue, policy: checked.policy.rawValue,
            addresses: checked.addressSecurity.word,
            tlsa: DANEReportRecords(
                owner: checked.owner?.description ?? "", security: checked.recordSecurity?.word, ttl: Int(checked.ttl),
                records: checked.records.map { DANEReportRecord($0, isServed: matched.contains($0.record)) }),
            endpoints: checked.endpoints.map(DANEReportEndpoint.init),
            nameServers: checked.servers.map { DANEReportServer($0, owner: place) })
    }
}

extension DANEReportRecord {
    init(_ judged: JudgedRecord, isServed: Bool) {
        let (standing, reason): (String, String?) =
            switch judged.standing {
            case .malformed(let why): ("malformed", why)
            case .unusable(let why): ("unusable", why)
            case .usable where judged.isRepeated: ("repeated", "it stands there more than once")
            case .usable where judged.isSuperseded:
                ("superseded", "there is a stronger digest for the same usage and selector")
            case .usable: ("usable", nil)
            }
        self.init(record: judged.record.description, standing: standing, reason: reason, isServed: isServed)
    }
}

extension DANEReportEndpoint {
    init(_ endpoint: CheckedEndpoint) {
        self.init(
            address: endpoint.address, state: endpoint.state.rawValue, reason: endpoint.reason,
            seconds: (endpoint.seconds * 1_000_000).rounded() / 1_000_000,
            served: endpoint.served.map(DANEReportServed.init))
    }
}

extension DANEReportServed {
    init(_ served: CheckedEndpoint.Served) {
        var (match, record, depth): (String, String?, Int?) = ("no-usable-record", nil, nil)
        switch served.match {
        case .matched(let by, let at): (match, record, depth) = ("match", by.description, at)
        case .failed(let mismatch): match = mismatch.reason.rawValue
        case .noUsableRecord: break
        }
        self.init(
            asked: served.name, certificate: served.certificate?.fingerprint.description,
            spki: served.certificate?.spki.description, names: served.certificate?.names ?? [],
            notAfter: served.certificate.map { $0.notAfter.formatted(.iso8601) }, match: match, record: record,
            depth: depth, version: served.versionName, cipher: served.cipher)
    }
}

extension DANEReportServer {
    init(_ view: ServerView, owner: DomainName?) {
        let set = owner.flatMap { view.sets[$0] }
        self.init(
            name: view.name, address: view.server.description, failure: view.failure, serial: view.serial,
            records: (set?.records ?? []).sorted().map(\.description), ttl: set.map { Int($0.ttl) },
            signedUntil: set?.signedUntil.map { $0.formatted(.iso8601) })
    }
}

extension Resolution.Security {
    /// `secure`, `insecure`, `bogus`, `failed`.
    fileprivate var word: String {
        switch self {
        case .secure: "secure"
        case .insecure: "insecure"
        case .bogus: "bogus"
        case .failed: "failed"
        }
    }
}
