import ArgumentParser
import StewardCore
import StewardServer
import StewardSettings

/// The options that choose settings, the same for every command that needs them.
struct ServerOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The settings file.", valueName: "FILE"))
    var settings: String?

    @Option(name: .long, help: ArgumentHelp("A folder of scripts: the three default zones.", valueName: "DIR"))
    var scripts: String?

    @Option(name: .long, help: ArgumentHelp("Where to listen; may be given several times.", valueName: "HOST:PORT"))
    var listen: [String] = []

    @Option(name: .long, help: ArgumentHelp("The state folder.", valueName: "DIR"))
    var state: String?

    /// Reads the settings file, the options and the environment.
    func load() throws -> ServerSettings {
        do {
            return try ServerSettings.load(
                file: settings, overrides: SettingsOverrides(scripts: scripts, listen: listen, state: state))
        } catch {
            throw CommandFailure(lines: error.diagnostics.map(\.description))
        }
    }
}

/// What a command failed with, as sentences on standard error; exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    let lines: [String]

    init(lines: [String]) { self.lines = lines }

    init(_ problem: Problem) { lines = [problem.detail ?? problem.title] }

    var description: String { lines.joined(separator: "\n") }
}
