import StewardAPI
import Testing

@testable import StewardCommandLine

@Suite struct CertificateTableTests {
    private let list = CertificateList(
        at: "2026-01-01T00:00:00Z", trees: [], lineages: [], orphans: [], unread: [], findings: [],
        looked: ["a", "b", "c", "d", "e"], quarantined: [])

    private func lineage(_ state: String, _ change: (inout CertificateLineage) -> Void = { _ in }) -> CertificateLineage
    {
        var lineage = CertificateLineage(name: "x.example", tree: "/t", state: state)
        change(&lineage)
        return lineage
    }

    @Test(arguments: [
        (61, "in 61 days"), (1, "in 1 day"), (0, "within a day"), (-1, "less than a day ago"),
        (-2, "1 day ago"), (-413, "412 days ago"),
        (nil, "-"),
    ]) func expiryIsInDays(days: Int?, text: String) {
        #expect(CertificateTable.expiry(days) == text)
    }

    @Test(arguments: [
        ("postfix", "/etc/postfix/main.cf:27", "postfix: main.cf:27"),
        ("served", "127.0.0.1:25 STARTTLS", ":25 STARTTLS"),
        ("served", "[::1]:443", ":443"), ("served", "192.0.2.7:443", "192.0.2.7:443"),
        ("mount", "container web: /etc/certs", "mount: container web: /etc/certs"),
    ]) func aSignIsShort(kind: String, place: String, text: String) {
        #expect(CertificateTable.sign(CertificateUse(kind: kind, place: place, detail: "")) == text)
    }

    @Test func aRowTellsWhatReplacesALineage() {
        let row = CertificateTable.row(lineage("duplicate") { $0.successor = "shop.example" }, in: list)
        #expect(row == ["x.example", "-", "-", "-", "duplicate of shop.example", ""])
    }

    @Test func aRowOfAnUnusedLineageTellsInHowManyPlacesWasLooked() {
        #expect(CertificateTable.row(lineage("unused"), in: list).last == "nothing found in 5 places looked at")
    }

    @Test func aRowOfAnUnknownLineageTellsWhy() {
        let row = CertificateTable.row(
            lineage("unknown") { $0.reasons = ["first", "port 25 could not be asked"] }, in: list)
        #expect(row.last == "port 25 could not be asked")
    }

    @Test func moreThanThreeSignsAreCounted() {
        let used = lineage("used") { lineage in
            lineage.usedBy = (1...5).map { CertificateUse(kind: "nginx", place: "/etc/nginx/a.conf:\($0)", detail: "") }
        }
        #expect(
            CertificateTable.use(used, in: list) == "nginx: a.conf:1 · nginx: a.conf:2 · nginx: a.conf:3 · 2 more")
    }

    @Test func aReportShowsNoControlCharactersOfFiles() {
        let report = CertificateReport(lineage: lineage("used") { $0.reasons = ["bad \u{1b}[31mname"] }, list: list)
        #expect(!report.lines.joined().unicodeScalars.contains("\u{1b}"))
        #expect(report.lines.first == "x.example: used")
    }
}
