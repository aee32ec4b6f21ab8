import ArgumentParser
import Foundation
import StewardAccess
import StewardServer

/// `steward audit list`
struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the newest lines of the audit log, oldest first.")

    @Option(help: ArgumentHelp("How many lines at most.", valueName: "COUNT"))
    var limit = 100

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit: give a number from 1.") }
    }

    func run() async throws {
        let lines = try KeyFolder.forReading(options.folder()).audit.entries(limit: limit).map(AuditLine.init)
        if json { return try Output.json(["entries": lines]) }
        let table = TextTable(headings: AuditLine.headings, rows: lines.map(\.row))
        for line in table.lines() { try Output.line(line) }
    }
}

/// What is shown of an audit entry.
private struct AuditLine: Encodable {
    var sequence: Int64
    var at: String
    var phase: String
    var act: Int64
    var actor: String
    var action: String
    var subject: String
    var detail: String

    init(_ entry: AuditEntry) {
        sequence = entry.sequence
        at = ExpiryDate.write(entry.at)
        phase = entry.phase.rawValue
        act = entry.act
        actor = entry.actor
        action = entry.action
        subject = entry.subject
        detail = entry.detail
    }

    static let headings = ["LINE", "AT", "PHASE", "ACT", "ACTOR", "ACTION", "SUBJECT", "DETAIL"]

    var row: [String] { ["\(sequence)", at, phase, "\(act)", actor, action, subject, detail] }
}
