internal import Foundation
internal import Glibc
internal import StewardDANE
internal import Synchronization

/// The helper's end: hands commands to the runner and waits for what came of them.
package final class RunnerClient: Sendable {
    private struct State {
        var last = 0
        var waiting: [Int: CheckedContinuation<Command.Outcome, Never>] = [:]
        var isGone = false
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    private let turn = WriteTurn()

    /// A client on a socket whose other end a runner reads.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        Thread.detachNewThread { [self] in listen() }
    }

    /// From here on every command of this process that the settings name is run by the runner, if one was started.
    /// - Returns: whether there is one.
    package static func install() -> Bool {
        guard let descriptor = Runner.inherited else { return false }
        let client = RunnerClient(descriptor: descriptor)
        Command.runElsewhere { words, seconds, environment, input in
            await client.run(words, seconds: seconds, environment: environment, input: input)
        }
        return true
    }

    /// Runs a command there.
    func run(
        _ words: [String], seconds: Double, environment: [String: String], input: [UInt8]
    ) async -> Command.Outcome {
        await withCheckedContinuation { continuation in
            let id = state.withLock { state -> Int? in
                guard !state.isGone else { return nil }
                state.last += 1
                state.waiting[state.last] = continuation
                return state.last
            }
            guard let id else { return continuation.resume(returning: Self.gone) }
            let request = RunnerMessage.Request(
                id: id, words: words, seconds: seconds, environment: environment, input: Data(input))
            if !turn.write(request, to: descriptor) { finish(id, Self.gone) }
        }
    }

    private static let gone = Command.Outcome(
        isGood: false, reason: "the process that runs commands for the helper has ended: start the helper again",
        output: [])

    private func listen() {
        while let reply = RunnerMessage.read(RunnerMessage.Reply.self, from: descriptor) {
            finish(
                reply.id,
                Command.Outcome(isGood: reply.isGood, reason: reply.reason, output: Array(reply.output)))
        }
        let left = state.withLock { state in
            state.isGone = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in left { continuation.resume(returning: Self.gone) }
    }

    private func finish(_ id: Int, _ outcome: Command.Outcome) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: outcome)
    }
}
