import ArgumentParser
import StewardAPI

/// `steward certs quarantine`
struct CertsQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Lists what was taken away and can be brought back.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func run() async throws {
        let answer = try await options.carryOut { try await $0.quarantine() }
        if json { return try Output.json(answer) }
        guard !answer.quarantined.isEmpty else { return Output.message("Nothing is in quarantine.") }
        let rows = answer.quarantined.map { [$0.name, $0.since, $0.tree] }
        for line in TextTable(headings: ["NAME", "SINCE", "TREE"], rows: rows).lines(columns: Output.columns) {
            try Output.line(line)
        }
    }
}
