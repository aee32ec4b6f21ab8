import Testing

@testable import StewardHelper

@Suite struct FrameTests {
    private let frames = [
        HelperFrame(.request, []), HelperFrame(.result, Array("{}".utf8)),
        HelperFrame(.problem, (0..<3000).map { UInt8(truncatingIfNeeded: $0) }),
    ]

    @Test(arguments: [1, 2, 3, 7, 8, 9, 1000, 10_000]) func messagesComeOutAsTheyWentInWhateverThePieces(size: Int)
        throws
    {
        let bytes = frames.flatMap(\.encoded)
        var decoder = HelperFrameDecoder(limit: 4096)
        var found: [HelperFrame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            decoder.append(bytes[start..<min(start + size, bytes.count)])
            while let frame = try decoder.next() { found.append(frame) }
        }
        #expect(found == frames)
        #expect(decoder.pending == 0)
    }

    @Test func aHeadIsEightBytes() {
        #expect(HelperFrame(.result, [7, 8]).encoded == [0x53, 0x48, 1, 2, 0, 0, 0, 2, 7, 8])
    }

    @Test func aPayloadAtTheLimitPassesAndOneByteMoreDoesNot() throws {
        var decoder = HelperFrameDecoder(limit: 5)
        decoder.append(HelperFrame(.request, [1, 2, 3, 4, 5]).encoded)
        #expect(try decoder.next()?.payload.count == 5)
        decoder.append(HelperFrame(.request, [1, 2, 3, 4, 5, 6]).encoded.prefix(8))
        #expect(throws: HelperFrameError.tooLarge(6, limit: 5)) { try decoder.next() }
    }

    @Test func aWrongHeadIsToldAtItsFirstWrongByte() {
        let heads: [([UInt8], HelperFrameError)] = [
            (Array("G".utf8), .foreign), (Array("SG".utf8), .foreign), (Array("SH\u{2}".utf8), .version(2)),
            (Array("SH\u{1}\u{0}".utf8), .kind(0)), (Array("SH\u{1}\u{4}".utf8), .kind(4)),
        ]
        for (bytes, error) in heads {
            var decoder = HelperFrameDecoder(limit: 100)
            decoder.append(bytes)
            #expect(throws: error) { try decoder.next() }
        }
    }

    /// Every single-byte change of a valid message decodes to something else or to an error, and never traps; what
    /// decodes is within the limit.
    @Test func changedBytesNeverTrap() {
        let good = HelperFrame(.request, Array(#"{"verb":"certs.lock","actor":"x"}"#.utf8)).encoded
        for index in good.indices {
            for bit in 0..<8 {
                var bytes = good
                bytes[index] ^= 1 << UInt8(bit)
                var decoder = HelperFrameDecoder(limit: 64)
                decoder.append(bytes)
                let frame = try? decoder.next()
                if let frame {
                    #expect(frame.encoded.count <= bytes.count)
                    #expect(frame.encoded != good)
                }
            }
        }
    }

    @Test func cutMessagesWaitForTheRest() throws {
        let good = HelperFrame(.result, Array("[1,2,3]".utf8)).encoded
        for count in 0..<good.count {
            var decoder = HelperFrameDecoder(limit: 64)
            decoder.append(good.prefix(count))
            #expect(try decoder.next() == nil)
            decoder.append(good.dropFirst(count))
            #expect(try decoder.next()?.payload == Array("[1,2,3]".utf8))
        }
    }
}
