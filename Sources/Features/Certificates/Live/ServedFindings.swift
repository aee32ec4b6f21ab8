#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What served certificates mean for the lineages: signs of use, and reloads that were forgotten.
struct ServedFindings {
    let known: KnownCertificates

    /// The signs and findings of `served`.
    func report(_ served: [ServedReader.Served]) -> EvidenceReport {
        var report = EvidenceReport()
        for one in served {
            guard let facts = CertificateReader.read(der: one.leaf)?.facts else {
                report.unread.append(
                    UnreadPlace(
                        "port \(one.endpoint.label)", reason: "the certificate that it presents can't be read"))
                continue
            }
            let details = [Self.words(one.names), one.endpoint.holder?.text].compactMap { $0 }
            for target in known.targets(facts) {
                report.evidence.append(
                    Evidence(
                        .served, at: Place(one.endpoint.label), target: target,
                        detail: details.joined(separator: "; ")))
            }
            if let finding = stale(one, facts) { report.findings.append(finding) }
        }
        return report
    }

    /// `SNI a.example, b.example and 3 more`; nil for none.
    static func words(_ names: [String]) -> String? {
        guard !names.isEmpty else { return nil }
        let more = names.count > 2 ? " and \(names.count - 2) more" : ""
        return "SNI \(names.prefix(2).joined(separator: ", "))\(more)"
    }

    /// A served certificate that is an older one of a lineage whose newest holds longer.
    private func stale(_ one: ServedReader.Served, _ facts: CertificateFacts) -> Finding? {
        guard let match = known.match(facts), match.oldFile != nil, let version = match.version else { return nil }
        let lineage = known.inventory.lineages[match.lineage]
        guard let newest = lineage.certificate, newest.notAfter > facts.notAfter else { return nil }
        let who = one.endpoint.holder.map { " (\($0.text))" } ?? ""
        let names = Self.words(one.names).map { " for \($0)" } ?? ""
        let current = lineage.version.map { "version \($0)" } ?? "a newer one"
        return Finding(
            "stale-served", .problem,
            "Port \(one.endpoint.label)\(who) still serves version \(version) of \(lineage.name)\(names), which ends on "
                + "\(Self.day(facts.notAfter)); \(current) on disk ends on \(Self.day(newest.notAfter)). "
                + way(out: one.endpoint.holder),
            path: "\(lineage.tree)/live/\(lineage.name)")
    }

    private func way(out holder: UsingProcess?) -> String {
        let copy = "If it reads a copy, copy the files again first. A deploy hook does it at every renewal."
        guard let holder else { return "Reload the server that listens there. \(copy)" }
        if let container = holder.container {
            return
                "Reload \(holder.name) in its container: 'docker kill -s HUP \(container)' or as its image says. \(copy)"
        }
        if let unit = holder.unit { return "Reload it: 'systemctl reload \(unit)'. \(copy)" }
        return "Reload \(holder.name) (pid \(holder.id)). \(copy)"
    }

    /// `2026-11-25`, in UTC.
    static func day(_ date: Date) -> String {
        // Days since 1970-01-01 to the Gregorian calendar (H. Hinnant's civil_from_days).
        let days = Int((date.timeIntervalSince1970 / 86_400).rounded(.down)) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))"
    }
}
