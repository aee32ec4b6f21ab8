import ArgumentParser

/// `steward audit`
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows and verifies the log of privileged acts.",
        discussion: "Each line's hash covers the line before, so that a changed, removed or inserted line shows.",
        subcommands: [AuditList.self, AuditVerify.self])
}
