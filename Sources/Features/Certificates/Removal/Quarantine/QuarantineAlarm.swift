/// What points to lineages that are in quarantine; pure.
package enum QuarantineAlarm {
    /// The signs of use of each item that has any, by its id.
    package static func uses(_ items: [Quarantined], report: EvidenceReport) -> [String: [Evidence]] {
        if items.isEmpty { return [:] }
        let uses = UseIndex(items.map(\.lineage)).uses(report.evidence)
        return Dictionary(
            uses.filter { !$0.value.certain.isEmpty }.map { (items[$0.key].id, $0.value.certain) },
            uniquingKeysWith: { one, _ in one })
    }

    /// A finding for each item that something uses; `lineages` are those in the trees now: one that has taken an item's
    /// name since is what a server means by its path.
    package static func findings(
        _ items: [Quarantined], report: EvidenceReport, lineages: [Lineage]
    ) -> [Finding] {
        let present = Set(lineages.map(\.id))
        let uses = uses(items.filter { !present.contains($0.lineage.id) }, report: report)
        return items.compactMap { item in
            guard let signs = uses[item.id], let first = signs.first else { return nil }
            let more = signs.count > 1 ? " and \(Wording.count(signs.count - 1, "other sign"))" : ""
            return Finding(
                "quarantined-in-use", .problem,
                "\(item.lineage.name) is in quarantine, but in use: \(Wording.sign(first))\(more). "
                    + "Put it back with `steward certs restore \(item.lineage.name) --tree \(item.lineage.tree)`, or "
                    + "point the server elsewhere.",
                path: "\(item.lineage.tree)/\(Quarantine.folderName)/\(item.id)")
        }
    }
}
