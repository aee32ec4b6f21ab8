import NIOCore
import Testing

@testable import StewardScripts

@Suite struct AnswerRulesTests {
    private let fixture = SchedulerFixture()

    private func violation(_ kind: FrameKind, status: UInt16 = 0, a: UInt32 = 0, begun: Bool = false) -> String? {
        let call = fixture.submit(fixture.script(wall: 10))
        call.hasBegunAnswer = begun
        let header = FrameHeader(length: 5, kind: kind, status: status, call: call.id, a: a)
        return AnswerRules.violation(Frame(header: header, payload: ByteBuffer(string: "hello")), kind, calls: [call])
    }

    @Test func whatAWorkerSaysInOrderIsTaken() {
        #expect(violation(.reply, status: 200, a: 5) == nil)
        #expect(violation(.head, status: 404) == nil)
        #expect(violation(.chunk, begun: true) == nil)
        #expect(violation(.end, begun: true) == nil)
        #expect(violation(.fail) == nil)
        #expect(violation(.fail, begun: true) == nil)
        #expect(violation(.log) == nil)
    }

    @Test(arguments: [0, 100, 101, 199, 1000, 65535] as [UInt16])
    func aStatusThatEndsNoExchangeIsNone(status: UInt16) {
        #expect(violation(.reply, status: status)?.contains("\(status)") == true)
        #expect(violation(.head, status: status) != nil)
    }

    @Test func anAnswerIsGivenOnceAndInOrder() {
        #expect(violation(.reply, status: 200, begun: true) != nil)
        #expect(violation(.head, status: 200, begun: true) != nil)
        #expect(violation(.chunk) != nil)
        #expect(violation(.end) != nil)
        #expect(violation(.described) != nil)
        #expect(violation(.reply, status: 200, a: 6) != nil)
    }

    @Test func framesOfCallsThatAreOverAreLateOnes() {
        let header = FrameHeader(length: 0, kind: .end, call: 99)
        #expect(AnswerRules.violation(Frame(header: header, payload: ByteBuffer()), .end, calls: []) == nil)
    }
}
