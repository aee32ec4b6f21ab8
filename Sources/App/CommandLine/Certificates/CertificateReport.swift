import StewardAPI

/// What is known about one lineage, place by place, for people.
struct CertificateReport {
    let lineage: CertificateLineage
    let list: CertificateList

    /// The lines.
    var lines: [String] {
        ["\(lineage.name): \(CertificateTable.state(lineage))"] + facts + section("Why", lineage.reasons) + use
            + looked + findings
    }

    private var facts: [String] {
        let renewal = lineage.renews.map { $0 ? "by certbot" : "switched off" }
        let rows: [(String, String?)] = [
            ("tree", lineage.tree), ("names", lineage.names.isEmpty ? nil : lineage.names.joined(separator: ", ")),
            ("key", lineage.key.map { "\($0) \(lineage.keyBits ?? 0) bits" }), ("issuer", lineage.issuer),
            ("serial", lineage.serial), ("begins", lineage.begins),
            ("expires", lineage.expires.map { "\($0) (\(CertificateTable.expiry(lineage.daysLeft)))" }),
            ("fingerprint", lineage.fingerprint), ("key digest", lineage.spki),
            (
                "version",
                lineage.version.map { "\($0) of \(lineage.versions.map(String.init).joined(separator: ", "))" }
            ),
            ("renewed", renewal.map { $0 + (lineage.authenticator.map { " (\($0))" } ?? "") }),
        ]
        return rows.compactMap { name, value in
            value.map { "  \(name)" + String(repeating: " ", count: 13 - name.count) + TextTable.printable($0) }
        }
    }

    private func section(_ title: String, _ items: [String]) -> [String] {
        items.isEmpty ? [] : ["", title] + items.map { "  " + TextTable.printable($0) }
    }

    private var use: [String] {
        section(
            "Used by",
            lineage.usedBy.map { "\($0.kind): \($0.place)" + ($0.detail.isEmpty ? "" : "  \($0.detail)") })
    }

    private var looked: [String] {
        section("Looked at", list.looked)
            + section("Could not be read", list.unread.map { "\($0.place): \($0.reason)" })
    }

    private var findings: [String] {
        section("Findings", lineage.findings.map { "\($0.severity) \($0.code): \($0.text)" })
    }
}
