import NIOCore
import NIOPosix
import Testing

@testable import StewardEdge

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What waits for a client comes out as it went in, wherever it was meanwhile.
@Suite struct AnswerOutboxTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Takes everything. Confined to the loop.
    private final class Taker: OutboxOwner, @unchecked Sendable {
        let outbox: AnswerOutbox
        let done: EventLoopPromise<[UInt8]>
        var found: [UInt8] = []
        var random: Seeded
        let expected: Int
        var hasFailed = false

        init(_ outbox: AnswerOutbox, expected: Int, seed: UInt64, _ done: EventLoopPromise<[UInt8]>) {
            self.outbox = outbox
            self.expected = expected
            self.done = done
            random = Seeded(state: seed)
            outbox.owner = self
        }

        func outboxIsReady() {
            while let piece = outbox.take(upTo: Int.random(in: 1...200_000, using: &random)) {
                found += piece.readableBytesView
            }
            if found.count == expected { done.succeed(found) }
        }

        func outboxFailed() {
            hasFailed = true
            done.succeed([])
        }
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private func store(_ folder: String = FileManager.default.temporaryDirectory.path) -> AnswerStore {
        AnswerStore(folder: folder, threads: .singleton)
    }

    private func bytes(_ count: Int, from start: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 + start) &* 31 >> 3) }
    }

    /// Appends parts of `sizes`, settles, waits as long as a slow client would, then takes all.
    private func pass(_ sizes: [Int], seed: UInt64, store: AnswerStore, settled: @escaping @Sendable (Int) -> Bool)
        async throws
    {
        let loop = Self.group.next()
        let all = bytes(sizes.reduce(0, +), from: Int(seed))
        let found = try await loop.flatSubmit { () -> EventLoopFuture<[UInt8]> in
            let done = loop.makePromise(of: [UInt8].self)
            let outbox = AnswerOutbox(store: store, limit: 100_000, loop: loop)
            let taker = Taker(outbox, expected: all.count, seed: seed, done)
            var start = 0
            for size in sizes {
                outbox.append(ByteBuffer(bytes: all[start..<start + size]))
                start += size
            }
            // Something is on its way already when the rest goes to the file.
            if let first = outbox.take(upTo: 1000) { taker.found += first.readableBytesView }
            outbox.settle()
            loop.scheduleRepeatedTask(initialDelay: .milliseconds(1), delay: .milliseconds(5)) { task in
                guard settled(store.kept) else { return }
                task.cancel()
                taker.outboxIsReady()
                done.futureResult.assumeIsolated().whenComplete { _ in #expect(taker.outbox.isEmpty && !taker.hasFailed)
                }
            }
            return done.futureResult
        }.get()
        #expect(found == all)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func bytesKeepTheirOrder(seed: UInt64) async throws {
        let store = store()
        var random = Seeded(state: seed)
        let sizes =
            (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 1...700_000, using: &random) } + [
                900_000
            ]
        try await pass(sizes, seed: seed, store: store) { $0 > 700_000 }
        for _ in 0..<500 where store.kept > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(store.kept == 0, "what is sent takes no room")
    }

    @Test func whatTheDiskDoesNotTakeStaysInMemory() async throws {
        try await pass([300_000, 5, 900_000], seed: 3, store: store("/nonexistent")) { $0 == 0 }
    }

    @Test func littleStaysInMemory() async throws {
        let store = store()
        try await pass([40_000, 50_000], seed: 4, store: store) { $0 == 0 }
        #expect(store.kept == 0)
    }

    @Test func whatIsForgottenWhileItIsWrittenTakesNoRoom() async throws {
        let store = store()
        let loop = Self.group.next()
        try await loop.submit {
            let outbox = AnswerOutbox(store: store, limit: 0, loop: loop)
            outbox.append(ByteBuffer(repeating: 7, count: 20 << 20))
            outbox.settle()
            outbox.removeAll()
            #expect(outbox.isEmpty && outbox.take(upTo: 1) == nil)
        }.get()
        try await loop.scheduleTask(in: .milliseconds(100)) {}.futureResult.get()
        for _ in 0..<500 where store.kept > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(store.kept == 0)
    }
}
