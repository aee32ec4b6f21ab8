import ArgumentParser

/// `steward dane`
struct DANECommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dane",
        abstract:
            "Keeps TLSA records true while certificates change, and checks them as a stranger's mail server would.",
        discussion: """
            Without a subcommand: status. The settings' section 'dane' names zones and deployments (docs/guides/dane.md); \
            'check' and 'record' need no settings. Where 'steward helper' carries the rollovers out, it is asked.
            """,
        subcommands: [
            DANEStatusCommand.self, DANECheckCommand.self, DANEPlanCommand.self, DANERunCommand.self,
            DANERolloverCommand.self, DANEHookCommand.self, DANEAdoptCommand.self, DANERecordCommand.self,
        ],
        defaultSubcommand: DANEStatusCommand.self)
}
