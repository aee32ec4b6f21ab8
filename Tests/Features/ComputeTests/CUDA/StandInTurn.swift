import Testing

/// One test of the process at a time has the stand-in, whose settings, faults and counts are the process's.
struct StandInTurn: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Line.shared.enter()
        do { try await function() } catch {
            await Line.shared.leave()
            throw error
        }
        await Line.shared.leave()
    }

    private actor Line {
        static let shared = Line()
        private var isTaken = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func enter() async {
            guard isTaken else { return isTaken = true }
            await withCheckedContinuation { waiting.append($0) }
        }

        func leave() {
            if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        }
    }
}

extension Trait where Self == StandInTurn {
    /// The suite's tests use ``StandIn/shared``.
    static var standIn: Self { Self() }
}
