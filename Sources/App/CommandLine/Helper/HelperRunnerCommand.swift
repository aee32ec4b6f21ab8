import ArgumentParser
import StewardDANE
import StewardHelper
import StewardServer
import StewardSettings

/// `steward helper-runner`: started by `steward helper` alone.
struct HelperRunnerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "helper-runner", abstract: "Runs the settings' commands for 'steward helper', which starts it.",
        shouldDisplay: false)

    @Option var settings: String?

    func run() throws {
        do throws(SettingsError) {
            let loaded = try ServerSettings.loadPrivileged(file: settings)
            Runner(RunnerRules(loaded.dane)).run()
        } catch {
            throw CommandFailure(error)
        }
    }
}
