import Synchronization

/// Lets at most so many in at a time; the others wait in turn.
final class Slots: Sendable {
    private struct State {
        var free: Int
        var nextID: UInt64 = 0
        /// In the order of their coming.
        var order: [UInt64] = []
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state: Mutex<State>

    /// Lets `limit` in.
    init(_ limit: Int) { state = Mutex(State(free: max(1, limit))) }

    /// Waits for room; false if the task is cancelled before. Whoever got in calls `leave` once.
    func enter() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.order.append(id)
                    state.waiting[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: false)
        }
    }

    /// Makes room for the next.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            while !state.order.isEmpty {
                if let waiter = state.waiting.removeValue(forKey: state.order.removeFirst()) { return waiter }
            }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
    }
}
