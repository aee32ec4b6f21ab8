import ArgumentParser
import Foundation
import StewardDANE
import StewardServer
import StewardSettings

/// `steward dane hook`
struct DANEHookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Installs, removes and shows certbot's deploy hook that wakes Steward after a renewal.",
        discussion: """
            A small script in the tree's renewal-hooks/deploy. It never fails certbot, also where certbot runs in a container \
            that knows no Steward. Renewals are found without it too, only later ('dane.interval').
            """,
        subcommands: [DANEHookInstall.self, DANEHookRemove.self, DANEHookShow.self],
        defaultSubcommand: DANEHookShow.self)
}

/// What the subcommands of `steward dane hook` share.
struct DANEHookOptions: ParsableArguments {
    @Option(
        name: .customLong("tree"),
        help: ArgumentHelp(
            "certbot's configuration folder as this machine sees it; may be given several times.",
            discussion: "Without it the trees of the settings' deployments.", valueName: "DIR"))
    var trees: [String] = []

    @OptionGroup var options: DANEOptions

    /// The hooks of all trees.
    func hooks() throws -> [CertbotHook] {
        let loaded = trees.isEmpty ? try options.load() : try options.loadAny()
        let named = trees.map { SettingsPath.absolute($0, from: FileManager.default.currentDirectoryPath) }
        var known: [String] = []
        for tree in named.isEmpty ? loaded.dane.deployments.map(\.tree) : named where !known.contains(tree) {
            known.append(tree)
        }
        return known.map { CertbotHook(tree: $0, daneFolder: loaded.dane.folder ?? "\(loaded.state)/dane") }
    }

    /// Does `act` for each hook and prints its line.
    func each(_ act: (CertbotHook) throws(CertbotHook.Failure) -> String) throws {
        for hook in try hooks() {
            let line: String
            do throws(CertbotHook.Failure) { line = try act(hook) } catch { throw CommandFailure(error.text) }
            try Output.line(TextTable.printable(line))
        }
    }
}

/// `steward dane hook install`
struct DANEHookInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Writes the hook into each tree; an older one of Steward's is replaced.")

    @OptionGroup var hook: DANEHookOptions

    func run() async throws {
        try hook.each { hook throws(CertbotHook.Failure) in
            try hook.install() ? "installed \(hook.path)" : "already there: \(hook.path)"
        }
    }
}

/// `steward dane hook remove`
struct DANEHookRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes the hook from each tree; files that Steward did not write stay.")

    @OptionGroup var hook: DANEHookOptions

    func run() async throws {
        try hook.each { hook throws(CertbotHook.Failure) in
            try hook.remove() ? "removed \(hook.path)" : "not there: \(hook.path)"
        }
    }
}

/// `steward dane hook show`
struct DANEHookShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows where the hook is installed. Exit code 1 if it is missing somewhere.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var hook: DANEHookOptions

    private struct Line: Encodable {
        var tree: String
        var path: String
        var state: String
        var text: String
    }

    func run() async throws {
        let lines = try hook.hooks().map { hook in
            let (state, text) = Self.words(hook.state())
            return Line(tree: hook.tree, path: hook.path, state: state, text: text)
        }
        if json {
            try Output.json(["hooks": lines])
        } else {
            for line in lines { try Output.line(TextTable.printable("\(line.path): \(line.text)")) }
        }
        if lines.contains(where: { $0.state != "installed" }) { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private static func words(_ state: CertbotHook.State) -> (String, String) {
        switch state {
        case .absent: ("absent", "not installed; 'steward dane hook install' writes it")
        case .installed: ("installed", "installed")
        case .outdated: ("outdated", "of another version or folder; 'steward dane hook install' replaces it")
        case .foreign: ("foreign", "a file of this name that Steward did not write; it is left alone")
        case .unreadable(let reason): ("unreadable", "it can't be seen: \(reason)")
        }
    }
}
