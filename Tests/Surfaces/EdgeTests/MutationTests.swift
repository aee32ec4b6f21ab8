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
