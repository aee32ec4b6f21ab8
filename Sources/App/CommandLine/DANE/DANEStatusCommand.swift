import ArgumentParser
import StewardAPI
import StewardCore
import StewardHelper

/// `steward dane status`
struct DANEStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows every service: where its rollover rests, what is published, what is served, what comes next.",
        discussion: """
            TLSA: whose records the name servers serve (K1 is the oldest key; '3 of 4' where a name server lacks it). SERVED: \
            whose certificate the ports present, and by which record a sender knows it. Changes nothing.
            """)

    @Flag(help: "Look again now instead of showing a look that is less than a minute old.")
    var fresh = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: DANEOptions

    func run() async throws {
        let acts = try options.acts()
        let status = try await DANEOptions.carryOut {
            try await acts.status(maxAge: fresh ? .zero : .seconds(60))
        }
        if json { return try Output.json(status) }
        let table = TextTable(headings: DANETable.headings, rows: status.services.map(DANETable.row))
        for line in table.lines(columns: Output.columns) { try Output.line(line) }
        for line in DANETable.remarks(status) { Output.message(TextTable.printable(line)) }
        if status.loop == nil {
            Output.message("nobody carries the rollovers out: start 'steward helper' (or 'steward dane run') as root")
        }
    }
}
