import ArgumentParser
import Foundation
import Glibc
import StewardAPI
import StewardServer
import StewardSettings
import StewardTraining

/// `steward compute sample`
struct ComputeSampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Writes text with a chargpt checkpoint, without training.",
        discussion: """
            The same seed, settings and device give the same text. The text goes to standard output as it is written, the prompt \
            before it.
            """)

    @Argument(
        help: ArgumentHelp("The checkpoint: its file, or the folder of train's --checkpoint.", valueName: "checkpoint"))
    var checkpoint: String

    @Option(
        help: ArgumentHelp(
            "What the text begins with; without it, it begins as after the end of a line.", valueName: "TEXT"))
    var prompt = ""

    @Option(help: ArgumentHelp("Characters that are written.", valueName: "NUMBER"))
    var length = 200

    @Option(
        help: ArgumentHelp(
            "Below 1 likely characters gain, above it unlikely ones; 0: always the likeliest.", valueName: "T"))
    var temperature = 0.8

    @Option(help: ArgumentHelp("Draw from so many of the likeliest characters only.", valueName: "NUMBER"))
    var topK: Int?

    @Option(help: ArgumentHelp("Where all random choices come from.", valueName: "NUMBER"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("auto (a GPU if there is one), cpu, cuda or cuda:NUMBER.", valueName: "DEVICE"))
    var device = "auto"

    @OptionGroup var lease: LeaseOptions

    @Flag(help: "Print JSON.")
    var json = false

    private var settings: SamplingSettings {
        let path = SettingsPath.absolute(checkpoint, from: FileManager.default.currentDirectoryPath)
        var settings = SamplingSettings(path, prompt: prompt)
        (settings.length, settings.temperature, settings.topK) = (length, temperature, topK)
        (settings.seed, settings.device) = (seed, device)
        return settings
    }

    func validate() throws {
        guard let problem = settings.problems().first else { return }
        throw ValidationError(problem.calling(TrainingFields.ofOptions).message)
    }

    func run() async throws {
        do throws(TrainingError) { try Sampling(settings).check() } catch {
            throw CommandFailure(ComputeProblem(error))
        }
        try await ComputeLease(device: device, options: lease).take()
        let result = await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: write()) }
            thread.stackSize = 16 << 20
            thread.start()
        }
        let sample = try result.get()
        if json { try Output.json(sample) }
    }

    private func write() -> Result<Sampling.Sample, any Error> {
        var failure: (any Error)?
        func show(_ text: String) {
            guard !json, failure == nil else { return }
            do { try Output.write(Array(text.utf8)[...], to: STDOUT_FILENO) } catch { failure = error }
        }
        do throws(TrainingError) {
            var hasBegun = false
            let sample = try Sampling(settings).run(isCancelled: { failure != nil }) { character in
                if !hasBegun { show(Self.shown(prompt)) }
                hasBegun = true
                show(Self.shown(String(character)))
            }
            show("\n")
            return failure.map { .failure($0) } ?? .success(sample)
        } catch {
            return .failure(failure ?? CommandFailure(ComputeProblem(error)))
        }
    }

    /// As it is; on a terminal without what would steer it.
    private static func shown(_ text: String) -> String {
        guard isatty(STDOUT_FILENO) == 1 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map {
                $0.split(separator: "\t", omittingEmptySubsequences: false).map { TextTable.printable(String($0)) }
                    .joined(separator: "\t")
            }
            .joined(separator: "\n")
    }
}
