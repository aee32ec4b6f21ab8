import ArgumentParser
import Foundation
import StewardAPI
import StewardHelper

/// `steward certs prune`
struct CertsPrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Carries out a plan: its lineages go into quarantine, from where 'restore' brings them back.",
        discussion: """
            Looks again first, and changes nothing if anything differs from what the plan saw (exit code 5) or if certbot is at \
            work (exit code 4). certbot's locks are held meanwhile. Asks before it begins; scripts say --yes.
            """)

    @Option(help: ArgumentHelp("The plan's file; '-' reads standard input.", valueName: "FILE"))
    var plan: String

    @Flag(
        help: ArgumentHelp(
            "Revoke the certificates through certbot first.",
            discussion: """
                Before anything moves. Expired certificates, and those that a lineage that stays holds too, are not revoked; \
                a lineage whose revocation fails stays where it is (exit code 1). It can't be taken back.
                """))
    var revoke = false

    @Option(
        help: ArgumentHelp(
            "certbot's program for --revoke, instead of the settings' or the one on PATH.", valueName: "PATH"))
    var certbot: String?

    @Flag(help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func validate() throws {
        if certbot != nil, !revoke { throw ValidationError("--certbot is for --revoke.") }
    }

    func run() async throws {
        let text = try text()
        let entries = try await options.carryOut { try $0.entries(plan: text) }
        guard !entries.isEmpty else {
            if json { return try Output.json(CertificateChange(action: "prune", lineages: [])) }
            return Output.message("The plan takes nothing away.")
        }
        if !yes {
            for entry in entries { Output.message(TextTable.printable("  \(entry.name)  \(entry.state)")) }
            let lineages = CertificateTable.count(entries.count, "lineage")
            let first = revoke ? "Revoke the certificates, for good, and move" : "Move"
            try Confirmation.ask("\(first) \(lineages) into quarantine?", readsInput: plan == "-")
        }
        let change = try await options.change(
            "certs.prune", of: entries.map(\.name).joined(separator: " "),
            detail: revoke ? "revoking through certbot" : ""
        ) { [revoke, certbot] in
            try await (certbot.map($0.using) ?? $0).prune(plan: text, revoke: revoke)
        }
        try CertificateChangeReport.print(change, json: json)
    }

    private func text() throws -> String {
        let data: Data
        if plan == "-" {
            data = FileHandle.standardInput.readDataToEndOfFile()
        } else {
            do { data = try Data(contentsOf: URL(fileURLWithPath: plan)) } catch {
                throw CommandFailure(
                    "can't read the plan \(plan): \(FileReason.of(error))",
                    hint: "make one with 'steward certs plan --out \(plan)'")
            }
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure("the plan \(plan) is not UTF-8 text", hint: "make it anew with 'steward certs plan'")
        }
        return text
    }
}
