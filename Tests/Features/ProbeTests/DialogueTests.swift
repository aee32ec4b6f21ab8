import Testing

@testable import StewardProbe

@Suite("Dialogues that lead to TLS")
struct DialogueTests {
    @Test("every dialect goes ahead with a server that goes ahead", arguments: Transcripts.good.map(\.0))
    func goesAhead(_ dialect: Dialect) throws {
        let chunks = try #require(Transcripts.good.first { $0.0 == dialect }).1
        let whole = Conversation(dialect, chunks)
        #expect(whole.end == .startTLS)
        #expect(whole.facts.offersTLS == true)
    }

    @Test("a server that drips single bytes is understood the same", arguments: Transcripts.good.map(\.0))
    func drips(_ dialect: Dialect) throws {
        let chunks = try #require(Transcripts.good.first { $0.0 == dialect }).1
        let whole = Conversation(dialect, chunks)
        let dripped = Conversation(dialect, chunks.flatMap { $0.map { [$0] } })
        #expect(dripped.end == .startTLS)
        #expect(dripped.sent == whole.sent)
        #expect(dripped.facts == whole.facts)
    }

    @Test("bytes behind the go-ahead are an injection", arguments: Transcripts.good.map(\.0))
    func injected(_ dialect: Dialect) throws {
        var chunks = try #require(Transcripts.good.first { $0.0 == dialect }).1
        chunks[chunks.count - 1] += Array("250 evil\r\n".utf8)
        #expect(Conversation(dialect, chunks).reason == .injected)
    }

    @Test("a server that stops early leaves the dialogue waiting", arguments: Transcripts.good.map(\.0))
    func stops(_ dialect: Dialect) throws {
        let chunks = try #require(Transcripts.good.first { $0.0 == dialect }).1
        #expect(Conversation(dialect, chunks.dropLast() + [Array(chunks.last!.dropLast())]).end == nil)
    }

    @Test("a flood without an end is cut off", arguments: Dialect.allCases.filter { $0 != .tls })
    func floods(_ dialect: Dialect) {
        for pattern in ["a", "220-x\r\n", "+OK\r\n", "* OK x\r\n", "\"X\"\r\n", "<x>", " ", "\n"] {
            let chunk = Array(String(repeating: pattern, count: 1_000).utf8)
            #expect(Conversation(dialect, Array(repeating: chunk, count: 200)).end != nil, "\(pattern)")
        }
    }

    @Test("mutations end in one of the known ways and never go ahead with bytes left over")
    func mutations() {
        var random = SplitMix(seed: 7)
        for (dialect, chunks) in Transcripts.good {
            for _ in 0..<2_000 {
                var mutated = chunks
                let chunk = Int.random(in: mutated.indices, using: &random)
                mutate(&mutated[chunk], &random)
                guard var dialogue = dialect.dialogue(name: "a.example", clientName: "b") else { continue }
                var isOver = dialogue.begin().contains { $0 == .startTLS }
                for chunk in mutated where !chunk.isEmpty && !isOver {
                    let actions = dialogue.receive(chunk)
                    let ends = actions.indices.filter { index in
                        if case .send = actions[index] { false } else { true }
                    }
                    #expect(ends.isEmpty || ends == [actions.count - 1], "\(dialect) \(mutated)")
                    isOver = !ends.isEmpty
                }
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        for _ in 0...Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0...3, using: &random) {
            case 0 where at < bytes.count: bytes[at] = .random(in: 0...255, using: &random)
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2: bytes.insert(contentsOf: bytes.prefix(at), at: at)
            default: bytes.insert(.random(in: 0...255, using: &random), at: at)
            }
        }
    }
}

/// A generator whose numbers are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
