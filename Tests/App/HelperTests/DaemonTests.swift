import Foundation
import Logging
import StewardCore
import Testing

@testable import StewardHelper

@Suite struct DaemonTests {
    private let socket = "\(FileManager.default.temporaryDirectory.path)/d-\(UInt32.random(in: 0 ... .max))"

    private func daemon(_ announce: @escaping @Sendable () -> Void) -> HelperDaemon {
        HelperDaemon(
            socket: socket, guests: HelperGuests(users: []), logger: Logger(label: "test"),
            announce: { _ in announce() }
        ) { request, _ in Array(request.actor.utf8) }
    }

    private func running(_ body: (HelperClient) async throws -> Void) async throws {
        let (ready, announce) = AsyncStream.makeStream(of: Void.self)
        let daemon = daemon { announce.finish() }
        let task = Task { try await daemon.run() }
        for await _ in ready {}
        try await body(HelperClient(socket: socket))
        task.cancel()
        try await task.value
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test func aRequestIsAnswered() async throws {
        try await running { client in
            let answer = try await client.ask(HelperRequest(.survey, actor: "ops"))
            #expect(answer == Array("ops".utf8))
        }
    }

    /// A connection that nobody hosts any more must not take the process with it.
    @Test func whoComesAsTheHelperEndsGetsNoAnswerAndDoesNoHarm() async throws {
        for _ in 0..<40 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await running { client in
                    for number in 0..<16 {
                        group.addTask { _ = try? await client.ask(HelperRequest(.survey, actor: "\(number)")) }
                    }
                    await Task.yield()
                }
                try await group.waitForAll()
            }
        }
    }
}
