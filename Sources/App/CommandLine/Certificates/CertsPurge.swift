import ArgumentParser
import StewardAPI

/// `steward certs purge`
struct CertsPurge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Removes for good what has been in quarantine for long.",
        discussion: "What something uses stays. Asks before it begins; scripts say --yes.")

    @Option(
        help: ArgumentHelp(
            "Only what has been in quarantine for longer; without it the settings' 'quarantine_age' (30d).",
            valueName: "DURATION"))
    var olderThan: String?

    @Flag(help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func validate() throws {
        if let olderThan, olderThan != "0", DurationText.parse(olderThan) == nil {
            throw ValidationError("--older-than: write a whole number with a unit: 30d, 12h, 90m; or 0.")
        }
    }

    func run() async throws {
        let age = olderThan.map { DurationText.parse($0) ?? .zero }
        if !yes {
            Output.message("What is removed from quarantine can't be brought back.")
            try Confirmation.ask("Remove what has been there for longer than \(olderThan ?? "the settings' age")?")
        }
        let change = try await options.change("certs.purge", of: olderThan ?? "") {
            try await $0.purge(olderThan: age, name: nil, tree: nil)
        }
        try CertificateChangeReport.print(change, json: json)
    }
}
