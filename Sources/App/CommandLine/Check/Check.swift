import ArgumentParser
import StewardServer
import StewardSettings

/// `steward check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks settings and surroundings, and says what to do about each finding.",
        discussion: """
            Looks at the settings, Python and Flask, the scripts (parsed, not run), folders and their permissions, GPUs where \
            something asks for them, the addresses to listen on, keys, address lists and proxies, the log file, limits and the clock. Changes nothing. \
            Exit code 1 if there is an error; warnings and notes leave it 0.
            """)

    @OptionGroup var options: ServerOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let report = CheckReport(findings: findings())
        if json {
            try Output.json(report)
        } else {
            for line in report.lines { try Output.line(line) }
        }
        if report.errors > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private func findings() -> [CheckFinding] {
        do throws(SettingsError) {
            return ServerCheck.findings(
                try ServerSettings.load(file: options.settings, overrides: options.overrides))
        } catch {
            return CheckFinding.settings(error) + PythonCheck.look(share: nil, python: nil, scripts: []).findings
        }
    }
}
