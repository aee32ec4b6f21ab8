import StewardAPI

/// The lineages of a list as a table for people; `--json` has the same facts.
enum CertificateTable {
    static let headings = ["NAME", "NAMES", "KEY", "EXPIRES", "STATE", "USED BY"]

    /// How many signs of use a row shows.
    private static let shown = 3

    /// A row under `headings`.
    static func row(_ lineage: CertificateLineage, in list: CertificateList) -> [String] {
        [
            lineage.name, lineage.names.isEmpty ? "-" : "\(lineage.names.count)", lineage.key ?? "-",
            expiry(lineage.daysLeft), state(lineage), use(lineage, in: list),
        ]
    }

    /// `in 61 days`, `today`, `412 days ago`; `-` where no certificate can be read.
    static func expiry(_ daysLeft: Int?) -> String {
        guard let daysLeft else { return "-" }
        switch daysLeft {
        case 0: return "within a day"
        case 1...: return "in \(count(daysLeft, "day"))"
        case -1: return "less than a day ago"
        // Days are rounded down: -2 is one whole day and some hours.
        default: return "\(count(-daysLeft - 1, "day")) ago"
        }
    }

    /// The state; for what is replaced, by what.
    static func state(_ lineage: CertificateLineage) -> String {
        switch (lineage.state, lineage.successor) {
        case ("duplicate", let successor?): "duplicate of \(successor)"
        case ("superseded", let successor?): "superseded by \(successor)"
        default: lineage.state
        }
    }

    /// The signs of use in short, or where there could be some, or that there is none.
    static func use(_ lineage: CertificateLineage, in list: CertificateList) -> String {
        guard lineage.usedBy.isEmpty else {
            let more = lineage.usedBy.count - shown
            return lineage.usedBy.prefix(shown).map(sign).joined(separator: " · ") + (more > 0 ? " · \(more) more" : "")
        }
        if lineage.state == "unknown" { return lineage.reasons.last ?? "it can't be said" }
        if lineage.successor != nil || lineage.state == "broken" { return "" }
        return "nothing found in \(count(list.looked.count, "place")) looked at"
    }

    /// `postfix: main.cf:27`, `:25 STARTTLS`.
    static func sign(_ use: CertificateUse) -> String {
        if use.kind == "served" {
            for host in ["127.0.0.1", "[::1]", "localhost"] where use.place.hasPrefix(host + ":") {
                return String(use.place.dropFirst(host.count))
            }
            return use.place
        }
        let place = use.place.hasPrefix("/") ? use.place.split(separator: "/").last.map(String.init) : nil
        return "\(use.kind): \(place ?? use.place)"
    }

    /// `1 day`, `5 days`; `plural` where it is not the word with an s.
    static func count(_ number: Int, _ word: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? word : plural ?? word + "s")"
    }
}
