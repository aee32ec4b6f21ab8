import NIOCore
import NIOEmbedded
import Testing

@testable import StewardEdge

/// The framing cases, changed at random but the same way each time. Fuzz/edge does this for longer, guided by coverage.
@Suite struct MutationTests {
    @Test func everyCaseReadsTheSameInPiecesOfAnySize() throws {
        #expect(FramingCases.raw.count >= 180)
        for bytes in FramingCases.raw where bytes.count < 2000 {
            let whole = try outcome(bytes, size: .max)
            for size in [1, 2, 3, 7] {
                #expect(try outcome(bytes, size: size) == whole, "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test func changedBytesNeverBreakTheAnswersOrTheirOrder() throws {
        var random = SplitMix(seed: 20_261_128)
        let cases = FramingCases.raw.filter { $0.count < 600 }
        for _ in 0..<3000 {
            var bytes = cases.randomElement(using: &random)!
            if Bool.random(using: &random) { bytes += cases.randomElement(using: &random)! }
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, cases, &random) }
            let size = Int.random(in: 1...40, using: &random)
            let (whole, pieces) = (try outcome(bytes, size: .max), try outcome(bytes, size: size))
            #expect(whole == pieces, "\(bytes)")
        }
    }

    @Test func aClientThatEndsItsSideWithinABodyHasLeftAndIsNotRefused() throws {
        let harness = try EdgeHarness()
        harness.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        _ = try? harness.channel.finish(acceptAlreadyClosed: true)
        #expect(harness.responder.seen.isEmpty)
    }

    private struct Outcome: Equatable {
        var seen: [String]
        var answers: [Int]?
    }

    private func outcome(_ bytes: [UInt8], size: Int) throws -> Outcome {
        let harness = try EdgeHarness()
        harness.feed(bytes, size: size)
        let answers = harness.answers()
        #expect(answers != nil, "answers are whole: \(bytes)")
        let final = (answers ?? []).filter { $0 != 100 }
        #expect(final.count == harness.responder.seen.count, "one answer each: \(bytes)")
        if let refused = harness.responder.seen.firstIndex(where: { $0.hasPrefix("refused") }) {
            #expect(refused == harness.responder.seen.count - 1, "nothing follows a refusal: \(bytes)")
            #expect(harness.connection.phase == .lingering)
        }
        return Outcome(seen: harness.responder.seen, answers: answers)
    }

    private static let interesting: [[UInt8]] = [
        [13], [10], [13, 10], [13, 10, 13, 10], [0], [32], [9], [58], [59], [44], [11], [127], [255], Array("0".utf8),
        Array("\r\n0\r\n\r\n".utf8), Array("Content-Length: 3\r\n".utf8), Array("Transfer-Encoding: chunked\r\n".utf8),
        Array("Expect: 100-continue\r\n".utf8), Array("GET /none HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
    ]

    private func mutate(_ bytes: inout [UInt8], _ cases: [[UInt8]], _ random: inout SplitMix) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 1 + place % 5))
        case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
        case 3 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 4: bytes = Array(bytes.prefix(place)) + (cases.randomElement(using: &random) ?? []).suffix(60)
        default: bytes.insert(contentsOf: Self.interesting.randomElement(using: &random)!, at: place)
        }
    }
}

/// What a connection may take by default; docs/design/edge.md says the same.
@Suite struct EdgeDefaultsTests {
    @Test func theDefaultsAreThoseThatAreDocumented() {
        let settings = EdgeSettings()
        let limits = EdgeLimits()
        #expect(settings.headerTimeout == .seconds(10) && limits.header == .seconds(10))
        #expect(settings.bodyRate == 500 && limits.bodyRate == 500)
        #expect(settings.bodyWindow == .seconds(10) && limits.bodyWindow == .seconds(10))
        #expect(settings.writeTimeout == .seconds(30) && limits.write == .seconds(30))
        #expect(settings.writeRate == 500 && limits.writeRate == 500)
        #expect(settings.keepAlive == .seconds(60) && limits.keepAlive == .seconds(60))
        #expect(settings.linger == .seconds(2) && limits.linger == .seconds(2))
        #expect(settings.lingerSize == 16 << 20 && limits.lingerSize == 16 << 20)
        #expect(settings.unreadBody == 64 << 10 && limits.unreadBody == 64 << 10)
        #expect(settings.drain == .seconds(25))
        #expect(settings.headerLine == 8 << 10 && limits.line == 8 << 10)
        #expect(settings.headers == 32 << 10 && limits.headers == 32 << 10)
        #expect(settings.headerCount == 100 && limits.headerCount == 100)
        #expect(settings.connections == 10_000 && limits.connections == 10_000)
    }
}

@Suite struct PaceTests {
    private let second: UInt64 = 1_000_000_000

    @Test func aFastStartIsForgottenAfterOneWindow() {
        var pace = Pace(window: 10 * second, now: 0, bytes: 0)
        for tick in 1...80 {
            pace.look(tick == 1 ? 1_000_000 : 1_000_000 + tick, now: UInt64(tick) * second / 4, counts: true)
        }
        #expect(pace.recent.map { $0 < 100 } == true)
    }

    @Test func nothingIsJudgedBeforeAWindowHasPassed() {
        var pace = Pace(window: 10 * second, now: 0, bytes: 0)
        pace.look(0, now: 9 * second, counts: true)
        #expect(pace.recent == nil && !pace.isStalled)
        pace.look(0, now: 10 * second, counts: true)
        #expect(pace.recent == 0 && pace.isStalled)
    }

    @Test func timeThatDoesNotCountIsLeftOut() {
        var pace = Pace(window: 2 * second, now: 0, bytes: 0)
        pace.look(0, now: second, counts: true)
        pace.look(0, now: 50 * second, counts: false)
        pace.look(0, now: 90 * second, counts: true)
        #expect(pace.recent == nil && !pace.isStalled)
        pace.look(0, now: 92 * second, counts: true)
        #expect(pace.isStalled)
    }
}
