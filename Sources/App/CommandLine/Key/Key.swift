import ArgumentParser

/// `steward key`
struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Adds, lists and revokes API keys.",
        discussion: """
            Keys live in the state folder: names, hashes, roles, expiry, last use; never a secret. A running server takes \
            changes over at once. Each change is written to the audit log.
            """,
        subcommands: [KeyAdd.self, KeyList.self, KeyRevoke.self])
}
