internal import ServiceLifecycle
package import StewardDANE

/// Carries rollovers out until the surrounding service group shuts down.
package struct DANELoopService: ServiceLifecycle.Service {
    private let loop: RolloverLoop

    /// A service that runs `loop`.
    package init(_ loop: RolloverLoop) { self.loop = loop }

    /// Runs the loop; it may be stopped anywhere, for what it knows is on disk before it acts.
    package func run() async throws {
        let task = Task { await loop.run() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await task.value
            } onGracefulShutdown: {
                task.cancel()
            }
        } onCancel: {
            task.cancel()
        }
    }
}
