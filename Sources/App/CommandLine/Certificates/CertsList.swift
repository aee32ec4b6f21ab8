import ArgumentParser
import StewardAPI

/// `steward certs list`
struct CertsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists every lineage with its state and what uses it.",
        discussion: """
            States: used, unused, expired, superseded (a newer lineage covers every name), duplicate (another has the same \
            names), broken, unknown (something could not be read). The guide explains each: docs/guides/certificates.md.
            """)

    @Option(
        name: .customLong("only"),
        help: ArgumentHelp("Only lineages in this state; may be given several times.", valueName: "STATE"))
    var states: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func validate() throws {
        for state in states where !CertificateLineage.states.contains(state) {
            throw ValidationError(
                "--only: there is no state '\(state)'; states: \(CertificateLineage.states.joined(separator: ", "))")
        }
    }

    func run() async throws {
        var list = try await options.survey()
        if !states.isEmpty { list.lineages.removeAll { !states.contains($0.state) } }
        if json { return try Output.json(list) }
        guard !list.trees.isEmpty else {
            return Output.message(
                "No certbot tree was found.\nhint: name one with --tree DIR (the folder that holds 'renewal' and 'live')"
            )
        }
        let rows = list.lineages.map { CertificateTable.row($0, in: list) }
        let table = TextTable(headings: CertificateTable.headings, rows: rows)
        for line in table.lines(columns: Output.columns) { try Output.line(line) }
        remarks(list)
    }

    private func remarks(_ list: CertificateList) {
        let unread = list.unread.filter(\.mayHoldUse)
        for place in unread.prefix(5) {
            Output.message(TextTable.printable("could not read \(place.place): \(place.reason)"))
        }
        if unread.count > 5 {
            Output.message("could not read \(unread.count - 5) more; --json names them")
        }
        let findings = list.lineages.reduce(0) { $0 + $1.findings.count } + list.findings.count
        if findings > 0 {
            Output.message(
                "\(CertificateTable.count(findings, "finding")); 'steward certs show NAME' has those of a lineage")
        }
        for finding in list.findings where finding.severity == "problem" {
            Output.message(TextTable.printable("problem: \(finding.text)"))
        }
        if !list.orphans.isEmpty {
            Output.message(
                "\(CertificateTable.count(list.orphans.count, "file or folder", "files or folders")) of no lineage; --json names them"
            )
        }
        for item in list.quarantined where !item.usedBy.isEmpty {
            Output.message(
                TextTable.printable(
                    "warning: \(item.name) is in quarantine and in use (\(item.usedBy.map(CertificateTable.sign).joined(separator: ", "))); bring it back with 'steward certs restore \(item.name)'"
                ))
        }
    }
}
