import ArgumentParser
import Foundation
import StewardAccess
import StewardServer

/// `steward audit verify`
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks that no line of the audit log was changed, removed or inserted.",
        discussion: """
            Prints the number of lines and the last line's hash. Keep that hash elsewhere: it also shows later that lines \
            were cut from the end.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let folder = try KeyFolder.forReading(options.folder())
        let verdict = try folder.audit.verify()
        let head = verdict.head.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        if json {
            try Output.json(
                AuditVerdict(
                    lines: verdict.count, head: head, isWhole: verdict.firstBroken == nil,
                    firstBroken: verdict.firstBroken, unfinished: verdict.unfinished))
        } else {
            try Output.line("\(verdict.count) lines, head \(head.isEmpty ? "-" : head)")
            for act in verdict.unfinished {
                Output.message("note: the act of line \(act) has no outcome: it was cut short")
            }
        }
        guard let broken = verdict.firstBroken else { return }
        throw CommandFailure(
            "line \(broken) does not fit the lines before it: the audit log was changed",
            hint: "compare \(folder.state.database) with a backup")
    }
}

/// What `steward audit verify --json` prints.
private struct AuditVerdict: Encodable {
    var lines: Int64
    var head: String
    var isWhole: Bool
    var firstBroken: Int64?
    var unfinished: [Int64]

    enum CodingKeys: String, CodingKey {
        case lines, head, unfinished
        case isWhole = "whole"
        case firstBroken = "first_broken"
    }
}
