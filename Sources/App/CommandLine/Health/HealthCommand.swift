import ArgumentParser
import Foundation
import StewardAPI

/// `steward health`
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tells whether the server is ready; for health checks of containers.",
        discussion: "Exit code 0 when it is ready, 1 when it is not, 3 when no server answers.")

    @Flag(help: "Print the server's answer as JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let request = LocalRequest(target: PlatformPath.health + "/ready")
        let health = try await LocalClient(state: options.folder()).answer(request).decode(Health.self)
        if json {
            try Output.json(health)
        } else {
            let uptime = Int(health.uptimeSeconds)
            try Output.line("\(health.status): version \(health.version), up \(uptime) s")
            for reason in health.reasons { Output.message(TextTable.printable(reason)) }
        }
        guard health.ready else { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}
