public import ArgumentParser
import StewardServer

/// `steward`: scripts in folders become APIs.
public struct StewardCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "steward",
        abstract: "Turns folders of scripts into HTTP APIs.",
        version: stewardVersion,
        subcommands: [Serve.self])

    public init() {}
}
