package import Foundation
package import StewardAPI
package import StewardCertificates

extension CertificateList {
    /// What `survey` found, as the API and `--json` show it.
    package init(_ survey: Survey) {
        self.init(
            at: Self.time(survey.at),
            trees: survey.trees.map { CertificateTree($0) },
            lineages: survey.items.map { CertificateLineage($0, now: survey.at) },
            orphans: survey.orphans.map { orphan in
                CertificateOrphan(
                    path: orphan.path, kind: orphan.kind, code: orphan.finding.code, text: orphan.finding.text,
                    lineage: orphan.lineage)
            },
            unread: survey.unread.map { UnreadItem(place: $0.place, reason: $0.reason, mayHoldUse: $0.mayHoldUse) },
            findings: survey.findings.map { CertificateFinding($0) },
            looked: survey.looked,
            quarantined: survey.quarantined.map { QuarantinedItem($0.item, in: $0.tree, usedBy: $0.usedBy) })
    }

    /// RFC 3339 in whole seconds, UTC.
    package static func time(_ date: Date) -> String { date.formatted(.iso8601) }
}

extension CertificateTree {
    init(_ tree: CertbotTree) {
        let origin =
            switch tree.origin {
            case .named: "named"
            case .standard: "standard"
            case .dockerVolume(let name): "volume \(name)"
            case .containerMount(let container, _): "container \(container)"
            }
        self.init(path: tree.path, ownPath: tree.ownPath, origin: origin)
    }
}

extension CertificateUse {
    init(_ evidence: Evidence) {
        self.init(kind: evidence.kind.rawValue, place: evidence.place.description, detail: evidence.detail)
    }
}

extension CertificateUse {
    /// Each sign once: one directive can point to a lineage by several paths.
    static func list(_ evidence: [Evidence]) -> [CertificateUse] {
        var seen: Set<CertificateUse> = []
        return evidence.map { CertificateUse($0) }.filter { seen.insert($0).inserted }
    }
}

extension CertificateFinding {
    init(_ finding: Finding) {
        self.init(code: finding.code, severity: finding.severity.rawValue, text: finding.text, path: finding.path)
    }
}

extension CertificateLineage {
    /// A lineage as it is `now`.
    package init(_ item: Survey.Item, now: Date) {
        let (lineage, verdict) = (item.lineage, item.verdict)
        self.init(name: lineage.name, tree: lineage.tree, state: verdict.state.rawValue)
        successor = verdict.successor
        reasons = verdict.reasons
        version = lineage.version
        versions = lineage.versions
        authenticator = lineage.renewal?.authenticator
        renews = lineage.renewal?.renewsItself
        usedBy = CertificateUse.list(verdict.usedBy)
        findings = lineage.findings.map { CertificateFinding($0) }
        guard let certificate = lineage.certificate else { return }
        names = certificate.names
        key = certificate.key.algorithm.rawValue
        keyBits = certificate.key.bits
        issuer = certificate.issuer
        serial = certificate.serial
        begins = CertificateList.time(certificate.notBefore)
        expires = CertificateList.time(certificate.notAfter)
        daysLeft = Int((certificate.notAfter.timeIntervalSince(now) / 86_400).rounded(.down))
        fingerprint = certificate.fingerprint.description
        spki = certificate.spki.description
    }
}
