import Synchronization

/// An answer that several may give; the first counts.
final class OnceAnswer: Sendable {
    private struct State {
        var answer: AddressLookup.Answer?
        var waiter: CheckedContinuation<AddressLookup.Answer, Never>?
    }

    private let state = Mutex(State())

    /// Whether there is one.
    var isGiven: Bool { state.withLock { $0.answer != nil } }

    /// Gives one; ignored where there is one.
    func give(_ answer: AddressLookup.Answer) {
        let waiter = state.withLock { state -> CheckedContinuation<AddressLookup.Answer, Never>? in
            guard state.answer == nil else { return nil }
            state.answer = answer
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: answer)
    }

    /// The answer; for one caller.
    var value: AddressLookup.Answer {
        get async {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state in
                    if state.answer == nil { state.waiter = continuation }
                    return state.answer
                }
                if let answer { continuation.resume(returning: answer) }
            }
        }
    }
}
