import ArgumentParser
import StewardAPI
import StewardCore
import StewardHelper

/// `steward dane plan`
struct DANEPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what would be done next, when, and why it waits; nothing is touched.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: DANEOptions

    func run() async throws {
        let acts = try options.acts()
        let plan = try await DANEOptions.carryOut { try await acts.plan() }
        if json { return try Output.json(plan) }
        for entry in plan.entries {
            for line in Self.lines(entry) { try Output.line(TextTable.printable(line)) }
        }
    }

    /// What is said of one deployment.
    static func lines(_ entry: DANEPlan.Entry) -> [String] {
        var lines = ["\(entry.deployment): \(entry.state)", "  \(entry.text)"]
        if let action = entry.action { lines.append("  now: \(words(action))\(entry.place.map { " (\($0))" } ?? "")") }
        lines += entry.changes.map { "    \($0)" }
        if let at = entry.nextAt { lines.append("  looks again at \(at) at the latest") }
        return lines
            + entry.holds.map { "  \($0.alarm ? "problem" : "waiting"): \($0.text) (\($0.code), since \($0.since))" }
    }

    private static func words(_ action: String) -> String {
        switch action {
        case "publish": "publish these records"
        case "deploy": "put the new certificate in its place and reload the services"
        case "roll-back": "put the certificate before back and reload the services"
        case "reload": "reload the services"
        case "stage-key": "make the next key"
        case "issue": "have certbot get a certificate for the next key"
        default: action
        }
    }
}
