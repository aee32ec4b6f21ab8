import ArgumentParser
import Foundation
import StewardAPI
import StewardServer

/// `steward compute check`
struct ComputeCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Runs a kernel under detectors: races, bounds, barriers, unwritten outputs; file and line of each.",
        discussion: """
            On the processor, in an order that repeats. Arguments that aren't given are made up (--n for sizes and lengths). Exit code \
            0 if nothing is wrong, else 1.
            """)

    @OptionGroup var launch: LaunchOptions

    @Option(help: ArgumentHelp("How long the check may take: 500ms, 10s, 5m.", valueName: "TIME"))
    var deadline: ComputeTime = ComputeTime(seconds: 60)

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        var request = try launch.request()
        request.deadline = deadline
        request.files = [:]
        var limits = ComputeLimits()
        limits.run = deadline.seconds + ComputeLimits.report
        let (document, ending) = try await ComputeCommandChild.result(
            .check, Array(try JSONEncoder().encode(request)), limits: limits, checking: "A smaller launch")
        var check = try JSONDecoder().decode(ComputeCheck.self, from: Data(document))
        if !ending.printed.isEmpty { check.printed = ending.printed }
        if json {
            try Output.json(check)
        } else {
            for line in Self.lines(check) { try Output.line(line) }
        }
        if !check.isClean { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    /// The findings, then what was looked at.
    static func lines(_ check: ComputeCheck) -> [String] {
        var lines: [String] = []
        for finding in check.findings {
            lines.append(
                "\(finding.place): \(finding.severity): \(TextTable.printable(finding.message)) [\(finding.kind)]")
            if !finding.place.text.isEmpty { lines.append("    " + TextTable.printable(finding.place.text)) }
            if let other = finding.other, other != finding.place {
                lines.append("  \(other): \(TextTable.printable(other.text))")
            }
            if finding.count > 1 { lines.append("  \(ComputeRunText.grouped(finding.count)) times") }
        }
        lines += check.limits.map { "not looked at: \(TextTable.printable($0))" }
        let looked =
            "\(ComputeRunText.grouped(check.threads)) threads, \(ComputeRunText.grouped(check.accesses)) accesses to memory"
        let verdict = check.isClean ? "nothing is wrong" : check.findings.isEmpty ? "it did not end" : Self.count(check)
        lines.append("\(check.kernel), grid \(check.grid), block \(check.block): \(verdict) (\(looked))")
        return lines
    }

    private static func count(_ check: ComputeCheck) -> String {
        let words = ["error", "warning", "note"].compactMap { severity -> String? in
            let count = check.findings.filter { $0.severity == severity }.count
            return count == 0 ? nil : "\(count) \(severity)\(count == 1 ? "" : "s")"
        }
        return words.joined(separator: ", ")
    }
}
