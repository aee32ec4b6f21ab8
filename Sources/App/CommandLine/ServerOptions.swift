import ArgumentParser
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

    /// The options as they override the settings file.
    var overrides: SettingsOverrides { SettingsOverrides(scripts: scripts, listen: listen, state: state) }

    /// Reads the settings file, the options and the environment.
    func load() throws -> ServerSettings {
        do {
            return try ServerSettings.load(file: settings, overrides: overrides)
        } catch {
            throw CommandFailure(error)
        }
    }
}
