import ArgumentParser
import Foundation
import StewardCertificates
import StewardDANE

/// `steward dane adopt`
struct DANEAdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract:
            "Points servers that read certbot's live/ directly to the deployed copy, without a moment of mismatch.",
        discussion: """
            Such a server serves a renewed key as soon as one of its processes starts, whatever DNS says. Shows each directive \
            with the lines to put in its place, asks, and does it: copies what is served now, edits the configuration (the old \
            one is kept), has the server check it, reloads, and looks whether the same certificate is served; else puts \
            everything back. Exit code 1 where something is left to do by hand.
            """)

    @Flag(help: "Only show what would be done; exit code 1 if there is something.")
    var show = false

    @Flag(help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: DANEOptions

    /// What `--json` prints.
    private struct Report: Encodable {
        struct Fault: Encodable {
            var deployment: String
            var server: String
            var place: String
            var directive: String
            var path: String
            var lines: [String]
            var adoptable: Bool

            enum CodingKeys: String, CodingKey {
                case deployment, server, directive, path, lines, adoptable
                case place = "where"
            }

            init(_ fault: Adoption.Fault) {
                deployment = fault.deployment
                server = fault.server.rawValue
                place = fault.place.description
                directive = fault.directive
                path = fault.path
                lines = fault.lines
                adoptable = fault.canAdopt
            }
        }

        var faults: [Fault]
        var done: [String] = []
        var left: [String] = []
    }

    func run() async throws {
        let adoption = Adoption(try options.loop(try options.load()))
        let faults = adoption.faults()
        var report = Report(faults: faults.map { Report.Fault($0) })
        if !json { for line in Self.lines(report.faults) { try Output.line(TextTable.printable(line)) } }
        guard !faults.isEmpty else {
            if json { try Output.json(report) } else { Output.message("No server reads certbot's folders directly.") }
            return
        }
        guard !show else {
            if json { try Output.json(report) }
            throw ExitCode(ExitStatus.failure.rawValue)
        }
        if !yes { try Confirmation.ask("Point them to the deployed copies?") }
        try await adopt(adoption, faults, &report)
        if json { try Output.json(report) }
        if !report.left.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private func adopt(_ adoption: Adoption, _ faults: [Adoption.Fault], _ report: inout Report) async throws {
        var names: [String] = []
        for fault in faults where !names.contains(fault.deployment) { names.append(fault.deployment) }
        for name in names {
            do throws(Adoption.Failure) {
                let outcome = try await adoption.adopt(name)
                report.done += outcome.done
                report.left += outcome.left
                guard !json else { continue }
                for line in outcome.done { try? Output.line(TextTable.printable("\(name): \(line)")) }
                for line in outcome.left { Output.message(TextTable.printable("\(name): left to do: \(line)")) }
            } catch {
                throw CommandFailure("\(name): \(error.text)")
            }
        }
    }

    private static func lines(_ faults: [Report.Fault]) -> [String] {
        faults.flatMap { fault in
            ["\(fault.place): \(fault.server) reads \(fault.path) directly (\(fault.deployment))"]
                + fault.lines.map { "  \($0)" }
                + (fault.adoptable ? [] : ["  (by hand: this server can't be changed from here)"])
        }
    }
}
