import Foundation
import Glibc
import StewardAPI
import StewardTraining
import Synchronization

/// A training in a child process: tells each event, and stops with a checkpoint on SIGTERM.
struct TrainingRun {
    let order: ComputeTraining

    /// Trains; the last event is the result.
    /// - Throws: `TrainingError`.
    func run(tell: (ComputeTrainingEvent) -> Void) throws -> ComputeTrainingEvent {
        let training = try Training(TrainingSettings(order))
        let stop = StopSignal([SIGTERM])
        var last = ComputeTrainingEvent(event: "stopped", step: 0, steps: training.settings.steps, seconds: 0)
        try training.run(isCancelled: { stop.isRaised }) { event in
            last = ComputeTrainingEvent(event)
            tell(last)
        }
        return last
    }
}

/// Signals that ask for an end instead of making one.
package final class StopSignal: Sendable {
    private static let flag = Atomic(0)

    /// From here on `signals` are counted instead of ending the process.
    package init(_ signals: [Int32]) {
        for number in signals {
            signal(number) { number in
                // A second one doesn't wait for a checkpoint.
                if StopSignal.flag.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + number) }
            }
        }
    }

    /// Whether one has come.
    package var isRaised: Bool { Self.flag.load(ordering: .relaxed) > 0 }
}
