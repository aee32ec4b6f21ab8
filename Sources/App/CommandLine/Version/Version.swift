import ArgumentParser
import StewardServer

/// `steward version`
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        if json { try Output.json(["version": stewardVersion]) } else { try Output.line("steward \(stewardVersion)") }
    }
}
