import Crypto

extension Basis {
    /// SHA-256 of what the plan takes from the inventory, in hex; the same facts in another order give the same.
    var inventoryDigest: String {
        Self.digest(
            inventory.lineages.map { lineage in
                [
                    lineage.tree, lineage.name, lineage.certificate?.fingerprint.description ?? "-",
                    lineage.version.map(String.init) ?? "-", lineage.versions.description,
                    lineage.folders.sorted().description, lineage.findings.map(\.code).sorted().description,
                    lineage.renewal?.archiveFolder ?? "-",
                ].description
            } + inventory.unread.map { "unread \($0.place)" })
    }

    /// SHA-256 of the signs of use, in hex; where names lead is left out, because it changes by the minute.
    var evidenceDigest: String {
        Self.digest(
            report.evidence.map { sign in
                [sign.kind.rawValue, sign.place.description, "\(sign.target)", sign.detail].description
            } + report.looked.map { "looked \($0)" } + report.unread.map { "unread \($0.place)" })
    }

    private static func digest(_ lines: [String]) -> String {
        var hash = SHA256()
        for line in lines.sorted() { hash.update(data: Array((line + "\n").utf8)) }
        return Fingerprint(Array(hash.finalize())).description
    }
}
