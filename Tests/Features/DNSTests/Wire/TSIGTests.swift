import Testing

@testable import StewardDNS

/// Signatures that dnspython 2.9 made for the same key, time and messages.
@Suite struct TSIGTests {
    private static let time: UInt64 = 1_700_000_000

    private struct Vector {
        let algorithm: TSIGKey.Algorithm
        let request: [UInt8]
        let answer: [UInt8]
        var key: TSIGKey {
            TSIGKey(
                name: DomainName("steward.key")!, algorithm: algorithm,
                secret: Array("0123456789abcdef0123456789abcdef".utf8))
        }
        var mac: [UInt8] { Array(request.dropLast(6).suffix(algorithm.length)) }

        /// The head of the TSIG record is the same for all: what differs is the algorithm, the MAC and lengths.
        init(_ algorithm: TSIGKey.Algorithm, requestMAC: String, answerMAC: String) {
            self.algorithm = algorithm
            let length = UInt8(algorithm.length)
            let tsig =
                hex("0773746577617264036b65790000fa00ff00000000") + [0, 29 + length, 11]
                + Array(algorithm.rawValue.utf8) + hex("00 00006553f100 012c 00") + [length]
            request =
                hex("123400000001000000000001 076578616d706c65 00 0006 0001") + tsig + hex(requestMAC)
                + hex("1234 0000 0000")
            answer =
                hex("123484000001000100000001 076578616d706c65 00 0006 0001")
                + hex("c00c 0006 0001 0000012c 0021 036e7331c00c 04686f7374c00c")
                + hex("00000005 00000001 00000002 00000003 00000004") + tsig + hex(answerMAC) + hex("1234 0000 0000")
        }
    }

    private static let vectors = [
        Vector(
            .sha256,
            requestMAC: "a0c0436d810c76da231e81c8d917ac1802f27ec44c701cee3cef570639b54087",
            answerMAC: "ecbdd2b1ee5d77e1afbad99121d94797b170927f141d71198b5c933bd552c3ad"),
        Vector(
            .sha384,
            requestMAC: "5f7cb172955624764c4e6b41b05980d14686c815e73e96bff92f59d0eb58625d"
                + "9b5506b04b52c889455dfd0283da0661",
            answerMAC: "9f76089446046d74f386ced12758a3c5037b8e307633556e51120f45ad007fb4"
                + "6219aae69f4588dfe6b4928dcf90fa29"),
        Vector(
            .sha512,
            requestMAC: "e38c81ab0b0e4edb7f1f9c5356d1b627c6263d181659efc439f0d11bdcc7d5be"
                + "75aa2f5222e26b223798f28d937da6e5b96b4fedaaa52045790c412a1fcc99ec",
            answerMAC: "7ca7b1226b9b37ee8f20dae1e10da6090d158c47ea5d739547cf18c91a406bae"
                + "bd3ae09333839b72939ddfb50ac7cad91837e91416c3efd912e8d4e4f4d55405"),
    ]

    private func refusal(
        _ answer: [UInt8], _ vector: Vector, mac: [UInt8]? = nil, at time: UInt64 = Self.time
    ) -> DNSFailure.Reason? {
        do throws(TSIG.Refusal) {
            _ = try TSIG.verify(answer: answer, key: vector.key, requestMAC: mac ?? vector.mac, at: time)
            return nil
        } catch { return error.reason }
    }

    private func changed(_ bytes: [UInt8], _ change: (inout TSIGRecord, inout Message) -> Void) throws -> [UInt8] {
        let received = try ReceivedMessage(bytes)
        var (record, message) = (try #require(received.tsig), received.message)
        change(&record, &message)
        message.additional.append(record.record)
        return message.encoded
    }

    @Test func requestsAreSignedAsOthersSignThem() throws {
        for vector in Self.vectors {
            var message = Message(id: 0x1234)
            message.questions = [.init(DomainName("example")!, .soa)]
            let signed = TSIG.sign(message, key: vector.key, at: Self.time)
            #expect(signed.bytes == vector.request)
            #expect(signed.mac == vector.mac)
        }
    }

    @Test func answersThatOthersSignedAreTaken() throws {
        for vector in Self.vectors {
            #expect(refusal(vector.answer, vector) == nil)
            let message = try TSIG.verify(
                answer: vector.answer, key: vector.key, requestMAC: vector.mac, at: Self.time + 300)
            #expect(message.answers.count == 1 && message.additional.isEmpty)
        }
    }

    @Test func anAnswerWithADifferentByteIsRefused() {
        let vector = Self.vectors[0]
        for index in vector.answer.indices {
            var answer = vector.answer
            answer[index] ^= 1
            // The id may differ, for the original one is in the TSIG; letters' case doesn't count in the key's names.
            if index < 2 { continue }
            #expect(refusal(answer, vector) != nil, "byte \(index)")
        }
    }

    @Test func anAnswerToAnotherRequestIsRefused() {
        for vector in Self.vectors {
            #expect(refusal(vector.answer, vector, mac: []) == .unsignedAnswer)
            #expect(refusal(vector.answer, vector, mac: [UInt8](vector.mac.reversed())) == .unsignedAnswer)
        }
    }

    @Test func aShortenedMACIsRefused() throws {
        let vector = Self.vectors[0]
        for count in [0, 10, 16, 31] {
            let answer = try changed(vector.answer) { record, _ in record.mac = Array(record.mac.prefix(count)) }
            #expect(refusal(answer, vector) == .unsignedAnswer)
        }
    }

    @Test func anUnsignedAnswerIsRefused() throws {
        let vector = Self.vectors[0]
        #expect(refusal(try Message(bytes: vector.answer).encoded, vector) == .unsignedAnswer)
        #expect(refusal([], vector) == .damaged)
    }

    @Test func anAnswerOutOfItsTimeIsRefused() {
        let vector = Self.vectors[0]
        #expect(refusal(vector.answer, vector, at: Self.time + 301) == .badTime)
        #expect(refusal(vector.answer, vector, at: Self.time - 301) == .badTime)
        #expect(refusal(vector.answer, vector, at: 0) == .badTime)
        #expect(refusal(vector.answer, vector, at: .max) == .badTime)
    }

    @Test func errorsAreToldApart() throws {
        let vector = Self.vectors[0]
        for (error, reason) in [(16, DNSFailure.Reason.badSignature), (17, .badKey), (18, .unsignedAnswer)] {
            let answer = try changed(vector.answer) { record, message in
                record.error = UInt16(error)
                record.mac = []
                message.code = 9
            }
            #expect(refusal(answer, vector) == reason)
        }
        // BADTIME counts only with a signature.
        var received = try ReceivedMessage(vector.answer)
        received.message.code = 9
        var record = try #require(received.tsig)
        record.error = 18
        record.other = [0, 0, 0x65, 0x53, 0xf5, 0]
        let length = [UInt8(0), 32]
        record.mac = TSIG.code([length, vector.mac, received.message.encoded, record.variables], vector.key)
        received.message.additional.append(record.record)
        #expect(refusal(received.message.encoded, vector) == .badTime)
    }
}

/// The bytes of hex digits, blanks aside.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { $0 != " " }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
