import NIOCore
import Testing

@testable import StewardScripts

@Suite struct FrameTests {
    @Test func aHeaderSurvivesItsEncoding() {
        let header = FrameHeader(
            length: 7, kind: .reply, flags: 3, status: 404, call: 0xdead_beef, a: 1, b: .max, c: 1 << 31)
        var buffer = ByteBuffer()
        header.write(to: &buffer)
        #expect(buffer.readableBytes == FrameHeader.size)
        #expect(buffer.withUnsafeReadableBytes { FrameHeader(bytes: $0) } == header)
    }

    @Test func theLayoutIsTheProtocols() {
        var buffer = ByteBuffer()
        FrameHeader(length: 1, kind: .log, flags: 2, status: 3, call: 4, a: 5, b: 6, c: 7).write(to: &buffer)
        let expected: [UInt8] = [1, 0, 0, 0, 5, 2, 3, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0]
        #expect(Array(buffer.readableBytesView) == expected)
    }

    @Test(arguments: 1...60) func aStreamCutAnywhereGivesTheSameFrames(step: Int) throws {
        var stream = ByteBuffer()
        for index in 0..<20 {
            FrameHeader(length: index * 3, kind: .chunk, call: UInt32(index)).write(to: &stream)
            stream.writeRepeatingByte(UInt8(index), count: index * 3)
        }
        var reader = FrameReader()
        var seen: [Int] = []
        while let piece = stream.readSlice(length: min(step, stream.readableBytes)), piece.readableBytes > 0 {
            reader.append(piece)
            while let frame = try reader.next() {
                #expect(frame.payload.readableBytes == Int(frame.header.call) * 3)
                #expect(frame.payload.readableBytesView.allSatisfy { $0 == UInt8(frame.header.call) })
                seen.append(Int(frame.header.call))
            }
        }
        #expect(seen == Array(0..<20))
    }

    @Test func nonsenseIsRefused() {
        var tooLong = FrameReader()
        var buffer = ByteBuffer()
        FrameHeader(length: FrameHeader.maximumLength + 1, kind: .reply).write(to: &buffer)
        tooLong.append(buffer)
        #expect(throws: FrameError.tooLong(UInt32(FrameHeader.maximumLength + 1))) { try tooLong.next() }
        var unknown = FrameReader()
        unknown.append(ByteBuffer(repeating: 99, count: 3) + ByteBuffer(repeating: 0, count: 21))
        #expect(throws: (any Error).self) { try unknown.next() }
    }

    @Test func anEnvironBlockIsPairsBetweenNULs() {
        var block = EnvironBlock()
        block.set("REQUEST_METHOD", "GET")
        block.setHeader("X-Thing", "a\u{0}b")
        block.setHeader("X_Spoof", "1")
        block.set("SERVER_PORT", 80)
        #expect(String(buffer: block.buffer) == "REQUEST_METHOD\0GET\0HTTP_X_THING\0a b\0SERVER_PORT\u{0}80")
    }
}

private func + (left: ByteBuffer, right: ByteBuffer) -> ByteBuffer {
    var sum = left
    sum.writeImmutableBuffer(right)
    return sum
}
