import Foundation
import Glibc
import StewardAPI
import StewardServer
import StewardTraining

/// Shows a training: on a terminal one line that moves, elsewhere a line a report; samples and checkpoints as they come.
final class TrainingProgress {
    private let asJSON: Bool
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Why nothing more can be shown: the reader has gone.
    private(set) var failure: (any Error)?

    init(asJSON: Bool) { self.asJSON = asJSON }

    /// Shows an event.
    func tell(_ event: TrainingEvent) {
        guard failure == nil else { return }
        do { try show(event) } catch { failure = error }
    }

    /// Shows the curve.
    func end(_ curve: LossCurve) throws {
        guard !asJSON else { return }
        clear()
        let plot = curve.plot(width: min(Output.columns ?? 80, 100) - 10)
        if !plot.isEmpty { try Output.line("loss by step (* training, o validation)\n" + plot.dropLast()) }
    }

    /// Takes the moving line away.
    func clear() {
        if isTerminal, !asJSON { Output.progress("") }
    }

    private func show(_ event: TrainingEvent) throws {
        if asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            return try Output.line(String(decoding: try encoder.encode(ComputeTrainingEvent(event)), as: UTF8.self))
        }
        let text = Self.text(event)
        if isTerminal, event.kind == .progress { return Output.progress(text) }
        clear()
        try Output.line(text)
    }

    /// An event as a line (a sample: several).
    static func text(_ event: TrainingEvent) -> String {
        switch event.kind {
        case .started: return started(event)
        case .progress: return progress(event)
        case .validation:
            let accuracy = event.accuracy.map { ", \(ComputeRunText.digits($0 * 100)) % right" } ?? ""
            return "step \(event.step): validation loss \(number(event.validationLoss))\(accuracy)"
        case .sample:
            let lines = (event.sample ?? "").split(separator: "\n", omittingEmptySubsequences: false)
            return lines.map { "  | " + TextTable.printable(String($0)) }.joined(separator: "\n")
        case .checkpoint: return "step \(event.step): checkpoint \(event.checkpoint ?? "")"
        case .finished: return "finished after \(event.step) steps, \(ComputeRunText.time(event.seconds))"
        case .stopped:
            return "stopped after \(event.step) of \(event.steps) steps, \(ComputeRunText.time(event.seconds))"
        }
    }

    private static func started(_ event: TrainingEvent) -> String {
        if let message = event.message { return TextTable.printable(message) }
        let parameters = event.parameters.map { "\(ComputeRunText.grouped($0)) parameters" } ?? "a model"
        return "\(parameters) on \(event.device ?? "a device"), \(event.steps) steps"
    }

    private static func progress(_ event: TrainingEvent) -> String {
        var text = "step \(event.step)/\(event.steps)  loss \(number(event.loss))"
        if let rate = event.perSecond { text += "  \(ComputeRunText.grouped(Int(rate.rounded())))/s" }
        if let left = event.secondsLeft, left > 0 { text += "  \(ComputeRunText.time(left)) left" }
        return text
    }

    /// A loss, four places.
    private static func number(_ value: Double?) -> String {
        guard let value, value.isFinite, abs(value) < 1e9 else { return value.map { "\($0)" } ?? "-" }
        let scaled = Int((abs(value) * 10_000).rounded())
        let fraction = String(scaled % 10_000 + 10_000).dropFirst()
        return (value < 0 ? "-" : "") + "\(scaled / 10_000).\(fraction)"
    }
}
