import Foundation
import Glibc
import Logging
import StewardAPI
import StewardCertificates
import StewardCore
import StewardHelper
import Synchronization

/// Looks at the certificates again and again through the helper, tells the log what changed and keeps the last look for
/// the metrics.
final class CertificateWatcher: Sendable {
    private struct State {
        var watch: CertificateWatch
        var failures = 0
        var toldFailure: String?
    }

    private let settings: CertificatesSettings
    private let client: HelperClient
    private let logger: Logger
    private let state: Mutex<State>
    /// How often the trees are asked whether something changed.
    private static let pause = Duration.seconds(30)

    init(settings: CertificatesSettings, client: HelperClient, logger: Logger) {
        self.settings = settings
        self.client = client
        self.logger = logger
        state = Mutex(State(watch: CertificateWatch(warnDays: settings.warnDays)))
    }

    /// The last look.
    var last: CertificateList? { state.withLock { $0.watch.last } }
    /// How many things stand to be mended.
    var problemCount: Int { state.withLock { $0.watch.problemCount } }
    /// How many looks failed since the start.
    var failures: Int { state.withLock { $0.failures } }

    /// Watches until the task is cancelled.
    func run() async {
        let clock = ContinuousClock()
        var due = clock.now
        var signature: UInt64?
        while !Task.isCancelled {
            if settings.isSet || access(client.socket, F_OK) == 0 {
                let now = await self.signature()
                if let now, now != signature || clock.now >= due {
                    if await look() {
                        signature = now
                        due = clock.now + settings.interval
                    }
                }
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func signature() async -> UInt64? {
        do throws(Problem) {
            let answer = try await client.ask(HelperRequest(.signature, actor: "watch"), within: .seconds(30))
            return try? JSONDecoder().decode(TreeSignature.self, from: Data(answer)).number
        } catch {
            fail(error)
            return nil
        }
    }

    /// Looks at everything; false if it failed.
    private func look() async -> Bool {
        do throws(Problem) {
            take(
                try await client.ask(
                    HelperRequest(.survey, actor: "watch"), for: CertificateList.self, within: .seconds(600)))
            return true
        } catch {
            fail(error)
            return false
        }
    }

    private func take(_ list: CertificateList) {
        let events = state.withLock { state in
            state.toldFailure = nil
            return state.watch.see(list)
        }
        for event in events {
            var metadata: Logger.Metadata = ["event": "\(event.code)"]
            if let lineage = event.lineage { metadata["lineage"] = "\(lineage)" }
            if let tree = event.tree { metadata["tree"] = "\(tree)" }
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
            "The certificates can't be watched: \(problem.title). \(problem.detail ?? "")",
            metadata: ["event": "certificates-unwatched", "code": "\(problem.code)"])
    }
}
