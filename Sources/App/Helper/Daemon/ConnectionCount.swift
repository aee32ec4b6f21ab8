internal import Synchronization

/// How many connections are open.
final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)

    /// One more.
    /// - Returns: how many there are with it.
    func enter() -> Int { open.wrappingAdd(1, ordering: .relaxed).newValue }

    /// One less.
    func leave() { open.wrappingSubtract(1, ordering: .relaxed) }
}
