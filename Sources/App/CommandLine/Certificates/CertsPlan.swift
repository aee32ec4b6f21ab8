import ArgumentParser
import Foundation
import Glibc
import StewardAPI

/// `steward certs plan`
struct CertsPlan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plans what could go and says why; nothing is touched.",
        discussion: """
            The plan is text to read and to edit: a lineage whose lines are removed from it stays. It holds hashes of what it \
            saw, and 'prune' refuses when something has changed since. Lineages that are used or unknown are never in it.
            """)

    @Argument(help: "Plan for these lineages alone.")
    var names: [String] = []

    @Option(help: ArgumentHelp("Write the plan to this file.", valueName: "FILE"))
    var out: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func run() async throws {
        let plan = try await options.carryOut { try await $0.plan(names: names.isEmpty ? nil : names) }
        if let out { try write(plan.text, to: out) }
        if json { return try Output.json(plan) }
        guard out != nil else { return try Output.write(Array(plan.text.utf8)[...], to: STDOUT_FILENO) }
        for entry in plan.goes {
            try Output.line(TextTable.printable("goes   \(entry.name)  \(entry.state)  \(entry.reasons.first ?? "")"))
        }
        for entry in plan.stays {
            try Output.line(TextTable.printable("stays  \(entry.name)  \(entry.state)  \(entry.reasons.first ?? "")"))
        }
        Output.message("\nThe plan is in \(out ?? ""). Read it, then: steward certs prune --plan \(out ?? "")")
    }

    private func write(_ text: String, to path: String) throws {
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
            throw CommandFailure("can't write \(path): \(FileReason.of(error))")
        }
    }
}
