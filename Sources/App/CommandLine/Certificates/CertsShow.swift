import ArgumentParser
import StewardAPI
import StewardSettings

/// `steward certs show`
struct CertsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one lineage: its certificate, the evidence for and against its use, what is wrong with it.")

    @Argument(help: "The lineage's name.")
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func run() async throws {
        var list = try await options.survey()
        let found = list.lineages.filter { $0.name == name }
        guard !found.isEmpty else { throw missing(in: list) }
        if json {
            list.lineages = found
            list.quarantined.removeAll { $0.name != name }
            list.orphans = []
            list.findings = []
            return try Output.json(list)
        }
        for (index, lineage) in found.enumerated() {
            if index > 0 { try Output.line("") }
            for line in CertificateReport(lineage: lineage, list: list).lines { try Output.line(line) }
        }
    }

    private func missing(in list: CertificateList) -> CommandFailure {
        if let item = list.quarantined.first(where: { $0.name == name }) {
            return CommandFailure(
                "'\(name)' is in quarantine since \(item.since)",
                hint: "bring it back with 'steward certs restore \(name)'")
        }
        let nearest = Spelling.nearest(to: name, among: list.lineages.map(\.name))
        return CommandFailure(
            "no lineage is called '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
            hint: "'steward certs' lists them")
    }
}
