import Foundation
import Glibc
import Logging
import StewardAPI
import StewardCore
import StewardHelper
import Synchronization

/// Asks the helper again and again how the TLSA records stand, tells the log what changed and keeps the last answer for
/// the metrics. The helper looks by itself; asking costs it nothing.
final class DANEWatcher: Sendable {
    private struct State {
        var watch = DANEWatch()
        var failures = 0
        var toldFailure: String?
    }

    private let client: HelperClient
    private let pause: Duration
    private let logger: Logger
    private let state = Mutex(State())

    init(client: HelperClient, pause: Duration, logger: Logger) {
        self.client = client
        self.pause = pause
        self.logger = logger
    }

    /// The last answer.
    var last: DANEStatus? { state.withLock { $0.watch.last } }
    /// How many things stand to be mended.
    var problemCount: Int { state.withLock { $0.watch.problemCount } }
    /// How many questions failed since the start.
    var failures: Int { state.withLock { $0.failures } }

    /// Watches until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await look()
            try? await Task.sleep(for: pause)
        }
    }

    private func look() async {
        do throws(Problem) {
            var request = HelperRequest(.daneStatus, actor: "watch")
            request.maxAge = 86_400
            take(try await client.ask(request, for: DANEStatus.self))
        } catch {
            fail(error)
        }
    }

    private func take(_ status: DANEStatus) {
        let events = state.withLock { state in
            state.toldFailure = nil
            return state.watch.see(status)
        }
        for event in events {
            var metadata: Logger.Metadata = ["event": "\(event.code)"]
            if let deployment = event.deployment { metadata["deployment"] = "\(deployment)" }
            logger.log(level: event.level, "\(event.message)", metadata: metadata)
        }
    }

    /// Says a failure once, until another one or a success comes.
    private func fail(_ problem: Problem) {
        let isNew = state.withLock { state in
            state.failures += 1
            defer { state.toldFailure = problem.code }
            return state.toldFailure != problem.code
        }
        guard isNew else { return }
        logger.warning(
            "TLSA records can't be watched: \(problem.title). \(problem.detail ?? "")",
            metadata: ["event": "dane-unwatched", "code": "\(problem.code)"])
    }
}
