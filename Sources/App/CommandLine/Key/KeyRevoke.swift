import ArgumentParser
import Foundation
import StewardAccess
import StewardServer

/// `steward key revoke`
struct KeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revokes a key, for good.",
        discussion: "A running server refuses it from the next request on. The name is free again afterwards.")

    @Argument(help: "The key's name.")
    var name: String

    @OptionGroup var options: StateOptions

    func run() async throws {
        let folder = try KeyFolder(options.folder())
        _ = try folder.record("key.revoke", of: name) {
            try folder.keys.revoke(name: name, now: Date())
        }
        await folder.announce()
        Output.message("Revoked the key '\(name)' in \(folder.state.path).")
    }
}
