import ArgumentParser
import Foundation
import Glibc
import StewardAPI
import StewardServer
import StewardTraining

/// `steward compute train`
struct ComputeTrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a network: chargpt on text, mlp or cnn on digits.",
        discussion: """
            The same seed, data and device give the same losses. Ctrl-C writes a checkpoint and ends; --resume goes on from it \
            exactly. mlp and cnn draw their own digits without --data.
            """)

    @Argument(help: ArgumentHelp("chargpt, mlp or cnn.", valueName: "model"))
    var model: TrainingSettings.Model

    @OptionGroup var options: TrainingOptions

    @OptionGroup var lease: LeaseOptions

    @Option(help: ArgumentHelp("Write the curve of losses to a file as a picture.", valueName: "FILE"))
    var svg: String?

    @Flag(help: "Print JSON: a line for each event.")
    var json = false

    func run() async throws {
        let training: Training
        do throws(TrainingError) {
            training = try Training(TrainingSettings(options.order(model)))
        } catch {
            throw CommandFailure(ComputeProblem(error.calling(TrainingFields.ofOptions)))
        }
        try await ComputeLease(device: options.device, options: lease).take()
        let stop = StopSignal([SIGINT, SIGTERM])
        let result = await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: train(training, stop)) }
            thread.stackSize = 16 << 20
            thread.start()
        }
        let curve = try result.get()
        if let svg { try Output.file(svg, curve.svg()) }
    }

    private func train(_ training: Training, _ stop: StopSignal) -> Result<LossCurve, any Error> {
        let progress = TrainingProgress(asJSON: json)
        do {
            let curve = try training.run(isCancelled: { stop.isRaised || progress.failure != nil }) {
                progress.tell($0)
            }
            if let failure = progress.failure { return .failure(failure) }
            try progress.end(curve)
            return .success(curve)
        } catch let error as TrainingError {
            progress.clear()
            return .failure(CommandFailure(ComputeProblem(error.calling(TrainingFields.ofOptions))))
        } catch {
            return .failure(error)
        }
    }
}

extension TrainingSettings.Model: ExpressibleByArgument {}
