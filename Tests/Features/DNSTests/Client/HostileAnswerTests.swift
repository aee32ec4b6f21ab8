import Foundation
import Synchronization
import Testing

@testable import StewardDNS

@Suite struct HostileAnswerTests {
    /// For servers that answer; and for those that don't.
    private let client = DNSClient(limits: .init(tryTime: .seconds(3), tries: 2))
    private let hasty = DNSClient(limits: .init(tryTime: .milliseconds(150), tries: 2))
    private let name = DomainName("a.example")!

    private static func answer(to bytes: [UInt8], _ change: (inout Message) -> Void = { _ in }) -> [UInt8] {
        guard var message = try? Message(bytes: bytes) else { return [] }
        message.isResponse = true
        message.answers = [ResourceRecord(message.questions[0].name, .a, ttl: 60, .a([192, 0, 2, 1]))]
        change(&message)
        return message.encoded
    }

    @Test func forgedAnswersBeforeTheRealOneArePassedOver() async throws {
        let forge: @Sendable ([UInt8]) -> [[UInt8]] = { question in
            [
                Self.answer(to: question) { $0.id &+= 1 },
                Self.answer(to: question) { $0.questions[0].name = DomainName("b.example")! },
                Self.answer(to: question) { $0.isResponse = false },
                Self.answer(to: question) { $0.questions = [] },
                Array(Self.answer(to: question).dropLast()),
                [1, 2, 3],
                Self.answer(to: question) { $0.additional = $0.answers },
            ]
        }
        try await StandInServer.with(forge) { server in
            let answer = try await client.query(name, .a, from: server)
            #expect(answer.additional.count == 1)
        }
    }

    @Test func aServerThatOnlyForgesGivesADamagedAnswer() async throws {
        try await StandInServer.with({ [Self.answer(to: $0) { $0.id &+= 1 }] }) { server in
            let failure = await #expect(throws: DNSFailure.self) { try await hasty.query(name, .a, from: server) }
            #expect(failure?.reason == .damaged)
            #expect(failure?.text.contains("id") == true)
        }
    }

    @Test func aLostQuestionIsSentAgainAndSilenceEnds() async throws {
        let count = Atomic(0)
        try await StandInServer.with({ question in
            count.wrappingAdd(1, ordering: .relaxed).oldValue == 0 ? [] : [Self.answer(to: question)]
        }) { server in
            let again = DNSClient(limits: .init(tryTime: .milliseconds(500), tries: 8))
            let answer = try await again.query(name, .a, from: server)
            #expect(answer.answers.count == 1)
        }
        try await StandInServer.with({ _ in [] }) { server in
            let failure = await #expect(throws: DNSFailure.self) { try await hasty.query(name, .a, from: server) }
            #expect(failure?.reason == .timeout)
        }
    }

    @Test(.timeLimit(.minutes(10))) func aCancelledCallerDoesNotWait() async throws {
        let patient = DNSClient(limits: .init(tryTime: .seconds(3600), atOnce: 1))
        try await StandInServer.with({ _ in [] }) { server in
            let name = name
            let tasks = (0..<3).map { _ in Task { try await patient.query(name, .a, from: server) } }
            try await Task.sleep(for: .milliseconds(100))
            for task in tasks { task.cancel() }
            for task in tasks {
                guard case .failure(let error) = await task.result else {
                    Issue.record("an answer came from nowhere")
                    continue
                }
                #expect((error as? DNSFailure)?.reason == .local)
            }
        }
    }

    @Test func aCutAnswerIsNeverTaken() async throws {
        // Cut in the middle of a record, and nobody listens at the TCP port.
        try await StandInServer.with({ [Array(Self.answer(to: $0) { $0.isTruncated = true }.dropLast(7))] }) { server in
            let failure = await #expect(throws: DNSFailure.self) { try await client.query(name, .a, from: server) }
            #expect(failure?.reason == .refusedConnection)
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6"), "there is no IPv6"))
    func aServerIsAskedByIPv6() async throws {
        try await StandInServer.with({ [Self.answer(to: $0)] }, host: "::1") { server in
            let answer = try await client.query(name, .a, from: server)
            #expect(answer.answers.count == 1)
        }
    }

    @Test func idsDiffer() async throws {
        let ids = Mutex<Set<UInt16>>([])
        try await StandInServer.with({ question in
            ids.withLock { _ = $0.insert(UInt16(question[0]) << 8 | UInt16(question[1])) }
            return [Self.answer(to: question)]
        }) { server in
            for _ in 0..<50 { _ = try await client.query(name, .a, from: server) }
        }
        #expect(ids.withLock(\.count) > 45)
    }
}
