import ArgumentParser
import Foundation
import StewardAPI
import StewardServer

/// `steward compute explain`
struct ComputeExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows who does which cell, idle threads, warps that diverge, and what accesses to memory cost.",
        discussion:
            "Arguments that aren't given are made up (--n for sizes and lengths). A small launch shows the most.")

    @OptionGroup var launch: LaunchOptions

    @Option(help: ArgumentHelp("How long it may take: 500ms, 10s, 5m.", valueName: "TIME"))
    var deadline: ComputeTime = ComputeTime(seconds: 60)

    @Option(help: ArgumentHelp("Write the picture to a file.", valueName: "FILE"))
    var svg: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        var request = try launch.request()
        request.deadline = deadline
        request.files = [:]
        request.cells = Output.columns
        var limits = ComputeLimits()
        limits.run = deadline.seconds + ComputeLimits.report
        let (document, _) = try await ComputeCommandChild.result(
            .explain, Array(try JSONEncoder().encode(request)), limits: limits, checking: launch.checking)
        let explanation = try JSONDecoder().decode(ComputeExplanation.self, from: Data(document))
        if let svg { try Output.file(svg, explanation.svg) }
        guard !json else { return try Output.json(explanation) }
        for line in explanation.text { try Output.line(line) }
    }
}
