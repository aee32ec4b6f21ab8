import Testing

@testable import StewardDNS

/// The same mutations at every run; `Fuzz/run dns-codec` looks further.
@Suite struct MessageMutationTests {
    /// xorshift64: the same numbers everywhere.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    /// Reads `bytes`, and what is read is the same after it was written; gives whether it could be read.
    private func survives(_ bytes: [UInt8]) -> Bool {
        guard let message = try? Message(bytes: bytes) else { return false }
        let written = message.encoded
        guard written.count <= 65_535 else { return true }
        guard let again = try? Message(bytes: written) else {
            Issue.record("what was written can't be read: \(bytes)")
            return true
        }
        if again != message || again.encoded != written { Issue.record("it reads differently: \(bytes)") }
        for record in again.answers + again.authority + again.additional { _ = record.description }
        return true
    }

    private let seeds = [
        MessageTests.rich.encoded, MessageTests.compressed,
        TSIG.sign(
            MessageTests.rich, key: TSIGKey(name: DomainName("k")!, secret: [1, 2, 3]), at: 1_700_000_000
        ).bytes,
    ]

    @Test func everyByteMayHaveEveryValue() {
        var readable = 0
        for seed in seeds {
            for index in seed.indices {
                for value: UInt8 in [0, 1, 2, 4, 12, 15, 63, 64, 0x80, 0xbf, 0xc0, 0xfe, 0xff] {
                    var bytes = seed
                    bytes[index] = value
                    if survives(bytes) { readable += 1 }
                }
            }
        }
        #expect(readable > 1000)
    }

    @Test func randomDamageLeadsNowhere() {
        var generator = Generator(state: 0x5eed)
        var readable = 0
        let key = TSIGKey(name: DomainName("k")!, secret: [1, 2, 3])
        for turn in 0..<20_000 {
            var bytes = seeds[turn % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(.random(in: 0...255, using: &generator), at: index)
                case 2: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                default: bytes[index] = .random(in: 0...255, using: &generator)
                }
            }
            if survives(bytes) { readable += 1 }
            do throws(TSIG.Refusal) {
                _ = try TSIG.verify(answer: bytes, key: key, requestMAC: [], at: 1_700_000_000)
                Issue.record("a forged answer was taken: \(bytes)")
            } catch {}
        }
        #expect(readable > 500)
    }
}
