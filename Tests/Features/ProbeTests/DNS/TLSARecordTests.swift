import Testing

@testable import StewardProbe

@Suite struct TLSARecordTests {
    @Test func recordsBehindAnAliasAreReadAndOthersPassedOver() {
        let message = DNSMessage.answer(
            to: DNSMessage.question("_25._tcp.mail.example"),
            [
                (5, [3] + Array("abc".utf8) + [0xc0, 12]), (52, [3, 1, 1] + [UInt8](repeating: 7, count: 32)),
                (46, [1, 2, 3]), (52, [2, 0, 2, 9]),
            ])
        #expect(
            TLSARecord.parse(message) == [
                TLSARecord(usage: 3, selector: 1, matching: 1, bytes: [UInt8](repeating: 7, count: 32)),
                TLSARecord(usage: 2, selector: 0, matching: 2, bytes: [9]),
            ])
    }

    @Test func whatIsNoWholeAnswerIsNone() {
        let question = DNSMessage.question("a.example")
        #expect(TLSARecord.parse([]) == nil)
        #expect(TLSARecord.parse(question) == nil)
        #expect(TLSARecord.parse(DNSMessage.answer(to: question, [])) == [])
        #expect(TLSARecord.parse(DNSMessage.answer(to: question, [(52, [3, 1, 1])])) == nil)
        let whole = DNSMessage.answer(to: question, [(52, [3, 1, 1, 5])])
        for length in 0..<whole.count { #expect(TLSARecord.parse(Array(whole.prefix(length))) == nil) }
    }

    @Test func noDamageLeadsOutOfTheMessage() {
        let whole = DNSMessage.answer(
            to: DNSMessage.question("_25._tcp.mail.example"), [(5, [1, 97, 0xc0, 12]), (52, [3, 1, 1, 5, 6, 7])])
        var generator = SystemRandomNumberGenerator()
        for index in whole.indices {
            for byte in UInt8.min...UInt8.max {
                var message = whole
                message[index] = byte
                for record in TLSARecord.parse(message) ?? [] { #expect(record.bytes.count <= whole.count) }
            }
        }
        for _ in 0..<20_000 {
            var message = whole
            for _ in 0..<4 { message[Int.random(in: message.indices, using: &generator)] = .random(in: 0...255) }
            message.removeLast(Int.random(in: 0..<message.count, using: &generator))
            _ = TLSARecord.parse(message)
        }
    }
}

/// DNS messages as tests need them (RFC 1035, section 4.1).
enum DNSMessage {
    /// A question for the TLSA records of `name`.
    static func question(_ name: String) -> [UInt8] {
        let labels = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + labels + [0, 0, 52, 0, 1]
    }

    /// The answer to `question` with records of these types and data, or with the error `code`.
    static func answer(to question: [UInt8], code: UInt8 = 0, _ records: [(type: UInt8, data: [UInt8])]) -> [UInt8] {
        // The question ends five bytes after its name; what follows it (EDNS) is left out.
        let end = (question[12...].firstIndex(of: 0) ?? question.count - 5) + 5
        var message = Array(question.prefix(end))
        message[2] = 0x81
        message[3] = 0x80 | code
        message.replaceSubrange(6..<12, with: [0, UInt8(records.count), 0, 0, 0, 0])
        for record in records {
            message += [0xc0, 12, 0, record.type, 0, 1, 0, 0, 0, 60]
            message += [UInt8(record.data.count >> 8), UInt8(record.data.count & 255)] + record.data
        }
        return message
    }
}
