import ArgumentParser

/// `steward certs`
struct Certs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Shows what certbot holds and what uses it; takes away what nothing uses, and brings it back.",
        discussion: """
            Without a subcommand: list. Looks at servers' configurations, ports, copies, deploy hooks and containers for signs \
            of use; what can't be read counts as possible use. Nothing is changed but by prune, restore and purge.
            """,
        subcommands: [
            CertsList.self, CertsShow.self, CertsPlan.self, CertsPrune.self, CertsQuarantine.self, CertsRestore.self,
            CertsPurge.self, CertsLock.self, CertsProbe.self,
        ],
        defaultSubcommand: CertsList.self)
}
