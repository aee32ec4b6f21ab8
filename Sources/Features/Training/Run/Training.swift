import StewardCompute
import Synchronization

/// A training by its settings: `try Training(settings).run { event in ... }`.
public struct Training: Sendable {
    /// What it follows from.
    public let settings: TrainingSettings

    /// - Throws: ``TrainingError/Code/setting`` that names the first field out of its range.
    public init(_ settings: TrainingSettings) throws(TrainingError) {
        if let problem = settings.problems().first { throw problem }
        self.settings = settings
    }

    /// Trains in the caller's thread until the last step, or until `isCancelled` says so between two steps; then a
    /// checkpoint is written. Returns the curve of losses.
    @discardableResult
    public func run(
        isCancelled: () -> Bool = { false }, _ report: (TrainingEvent) -> Void
    ) throws(TrainingError) -> LossCurve {
        let loop = try TrainingLoop(settings)
        return try loop.run(isCancelled: isCancelled, report)
    }

    /// The events as they come, from a thread of the training's own. Ending the loop over them stops it.
    public func events() -> AsyncThrowingStream<TrainingEvent, any Error> {
        AsyncThrowingStream { continuation in
            let cancelled = Flag()
            continuation.onTermination = { _ in cancelled.raise() }
            let thread = TrainingThread {
                do throws(TrainingError) {
                    try run(isCancelled: { cancelled.isRaised }) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            if let failure = thread.start() { continuation.finish(throwing: failure) }
        }
    }
}

/// A flag that one thread raises and another sees.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
}
