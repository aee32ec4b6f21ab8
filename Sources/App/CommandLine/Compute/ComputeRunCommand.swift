import ArgumentParser
import Foundation
import StewardAPI
import StewardServer

/// `steward compute run`
struct ComputeRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Compiles a kernel, launches it, times it and shows what it wrote.",
        discussion: """
            The kernel runs in a process of its own with a deadline: a crash or an endless loop ends there, with a sentence. \
            With --repeat, every run begins with the same contents.
            """)

    @OptionGroup var launch: LaunchOptions

    @OptionGroup var options: DeviceOptions

    @OptionGroup var lease: LeaseOptions

    @Option(name: .customLong("repeat"), help: ArgumentHelp("How often it is run and timed.", valueName: "NUMBER"))
    var repetitions = 1

    @Option(
        help: ArgumentHelp(
            "Where an output goes: NAME=FILE for all of it (.npy, .txt, else raw cells), or print.", valueName: "OUTPUT"
        ))
    var output: [String] = []

    @Option(help: ArgumentHelp("How many cells of each output are shown.", valueName: "NUMBER"))
    var cells = 8

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        for output in output where output != "print" && !output.contains("=") {
            throw ValidationError("--output: '\(output)' is neither NAME=FILE nor print.")
        }
        guard repetitions >= 1 else { throw ValidationError("--repeat: a kernel is run once or more.") }
        guard cells >= 0 else { throw ValidationError("--cells: 0 or more.") }
    }

    func run() async throws {
        // What is wrong with the file is told before the command waits; standard input is for the one that runs.
        if launch.file != "-" { _ = try launch.request() }
        try await ComputeLease(device: options.device, options: lease).take()
        var request = try launch.request()
        request.device = options.device
        request.repetitions = repetitions
        request.cells = output.contains("print") ? KernelLimits.cells : cells
        request.files = try files()
        var limits = ComputeLimits()
        limits.run = options.deadline.seconds
        let (document, ending) = try await ComputeCommandChild.result(
            .run, Array(try JSONEncoder().encode(request)), limits: limits, checking: launch.checking)
        var result = try JSONDecoder().decode(ComputeRunResult.self, from: Data(document))
        result.printed = ending.printed
        result.isPrintedCut = ending.isPrintedCut
        guard !json else { return try Output.json(result) }
        for line in ComputeRunText.lines(result) { try Output.line(line) }
    }

    private func files() throws -> [String: String] {
        var files: [String: String] = [:]
        for output in output where output != "print" {
            let parts = output.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--output: '\(output)' names no file.") }
            files[parts[0]] = SettingsPath.absolute(parts[1], from: FileManager.default.currentDirectoryPath)
        }
        return files
    }
}
