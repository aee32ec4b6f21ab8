public import ArgumentParser
import Glibc
import StewardServer
import StewardSettings

/// `steward`: scripts in folders become APIs.
public struct StewardCommand: AsyncParsableCommand {
    /// The command tree's root.
    public static let configuration = CommandConfiguration(
        commandName: "steward",
        abstract: "Turns folders of scripts into HTTP APIs.",
        version: stewardVersion,
        subcommands: [
            Serve.self, ReloadCommand.self, Init.self, Check.self, Key.self, Routes.self, Limits.self, Call.self,
            HealthCommand.self,
            Certs.self,
            DANECommand.self, ComputeCommand.self, GPUCommand.self, HelperCommand.self, HelperRunnerCommand.self,
            Audit.self, Version.self, Reference.self,
        ])

    /// Made by ArgumentParser.
    public init() {}

    /// Runs the command that `arguments` name (nil: those of the process) and ends the process with its exit code.
    public static func main(_ arguments: [String]?) async {
        Glibc.exit(await run(arguments ?? Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try parse(words: arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .success
        } catch let failure as CommandFailure {
            Output.message(failure.description)
            return failure.status
        } catch {
            return report(error, arguments: arguments)
        }
    }

    /// Parses `words` as the command that the first of them name: making the whole tree of commands takes milliseconds. What that
    /// refuses or answers with help is parsed from the root again, whose messages name the whole command.
    private static func parse(words: [String]) throws -> any ParsableCommand {
        var command: any ParsableCommand.Type = StewardCommand.self
        var rest = words[...]
        while let word = rest.first,
            let next = command.configuration.subcommands.first(where: { $0.commandName == word })
        {
            (command, rest) = (next, rest.dropFirst())
        }
        let known = [command] + command.configuration.subcommands
        if let parsed = try? command.parseAsRoot(Array(rest)), known.contains(where: { $0 == type(of: parsed) }) {
            return parsed
        }
        return try parseAsRoot(words)
    }

    /// ArgumentParser's own errors (help and version among them) and whatever a command let through.
    private static func report(_ error: any Error, arguments: [String]) -> ExitStatus {
        let code = exitCode(for: error)
        var text = fullMessage(for: error)
        guard !code.isSuccess else {
            try? Output.line(text)
            return .success
        }
        if text.hasPrefix("Error: ") { text = "error: " + text.dropFirst("Error: ".count) }
        if !text.isEmpty { Output.message(text) }
        guard code == .validationFailure else { return ExitStatus(rawValue: code.rawValue) ?? .failure }
        if let hint = Self.hint(for: arguments) { Output.message("hint: \(hint)") }
        return .usage
    }

    /// The subcommand that a mistyped one was meant to be; ArgumentParser suggests options only.
    static func hint(for arguments: [String]) -> String? {
        var path = "steward"
        var commands = configuration.subcommands
        for argument in arguments {
            guard !commands.isEmpty, !argument.hasPrefix("-") else { return nil }
            if let next = commands.first(where: { $0.commandName == argument }) {
                path += " \(argument)"
                commands = next.configuration.subcommands
                continue
            }
            let names = commands.filter { $0.configuration.shouldDisplay }.map { $0.commandName }
            return Spelling.nearest(to: argument, among: names).map { "did you mean '\(path) \($0)'?" }
                ?? "commands of '\(path)': \(names.joined(separator: ", "))"
        }
        return nil
    }
}

extension ParsableCommand {
    /// The word that calls it: the configured one, or the type's name in lower case.
    static var commandName: String { configuration.commandName ?? String(describing: Self.self).lowercased() }
}
