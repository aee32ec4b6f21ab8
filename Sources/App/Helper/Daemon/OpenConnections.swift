internal import NIOCore
internal import Synchronization

/// The helper's connections: how many there are, and which wait for a request, so that the end waits for no idle one.
final class OpenConnections: Sendable {
    private struct State {
        var idle: [ObjectIdentifier: any Channel] = [:]
        var count = 0
        var isEnding = false
    }

    private let state = Mutex(State())

    /// One more, idle.
    /// - Returns: how many there are with it.
    func enter(_ channel: any Channel) -> Int {
        state.withLock { state in
            state.count += 1
            if state.isEnding { channel.close(promise: nil) } else { state.idle[ObjectIdentifier(channel)] = channel }
            return state.count
        }
    }

    /// One less.
    func leave(_ channel: any Channel) {
        state.withLock { state in
            state.count -= 1
            state.idle[ObjectIdentifier(channel)] = nil
        }
    }

    /// A request came; `end()` lets it be answered.
    func begin(_ channel: any Channel) {
        state.withLock { _ = $0.idle.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// It was answered; false if no further one is to be taken.
    func finish(_ channel: any Channel) -> Bool {
        state.withLock { state in
            if !state.isEnding { state.idle[ObjectIdentifier(channel)] = channel }
            return !state.isEnding
        }
    }

    /// Closes the idle ones, now and as they become idle.
    func end() {
        let idle = state.withLock { state in
            state.isEnding = true
            defer { state.idle = [:] }
            return Array(state.idle.values)
        }
        for channel in idle { channel.close(promise: nil) }
    }
}
