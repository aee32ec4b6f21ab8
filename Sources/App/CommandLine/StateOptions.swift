import ArgumentParser
import Foundation
import StewardServer
import StewardSettings

/// The options of commands that work on a state folder or talk to the server that uses it.
struct StateOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The state folder of the server.",
            discussion: """
                Without it the settings file's; else $STATE_DIRECTORY, /var/lib/steward for root or ~/.local/state/steward. \
                If no server runs there but one does in ./state, then ./state.
                """,
            valueName: "DIR"))
    var state: String?

    @Option(name: .long, help: ArgumentHelp("The settings file of the server.", valueName: "FILE"))
    var settings: String?

    /// The settings of the file, with the state folder of the options; nil without a file.
    func load() throws -> ServerSettings? {
        guard let settings else { return nil }
        do {
            return try ServerSettings.load(file: settings, overrides: SettingsOverrides(state: state))
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The state folder that the options mean.
    func folder() throws -> StateFolder {
        if let settings = try load() { return StateFolder(settings.state) }
        let standard = StateFolder(try Self.standard(state, environment: .current))
        guard state == nil, !UnixSocket.accepts(standard.socket) else { return standard }
        let local = StateFolder(SettingsPath.absolute("state", from: FileManager.default.currentDirectoryPath))
        return UnixSocket.accepts(local.socket) ? local : standard
    }

    /// The folder that `steward serve` would use: found by the server's own resolution, for a zone that is never read.
    static func standard(_ state: String?, environment: SettingsEnvironment) throws -> String {
        var environment = environment
        for name in ["API_TRUSTED_IPS", "API_KEY", "ADMIN_API_KEY"] { environment.variables[name] = nil }
        do {
            return try ServerSettings.load(
                file: nil, overrides: SettingsOverrides(scripts: "/", state: state), environment: environment
            ).state
        } catch {
            throw CommandFailure(error)
        }
    }
}
