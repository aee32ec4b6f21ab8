import NIOCore
import Testing

@testable import StewardEdge

@Suite struct HTTP2FrameScannerTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [0, 0, UInt8(payload.count), kind, flags, 0, 0, 0, stream] + payload
    }

    /// Scans `bytes` in parts of `size`.
    private func scan(_ scanner: inout HTTP2FrameScanner, _ bytes: [UInt8], size: Int) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            scanner.scan(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
        }
    }

    @Test(arguments: [1, 2, 3, 7, 9, 10, 1000])
    func wholeFramesLeaveNothingUnfinishedHoweverTheyArrive(size: Int) {
        var scanner = HTTP2FrameScanner(hasPreface: true)
        let bytes =
            Self.preface + Self.frame(4) + Self.frame(1, flags: 5, stream: 1, [1, 2, 3])
            + Self.frame(0, flags: 1, stream: 1, [1, 2]) + Self.frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
        scan(&scanner, bytes, size: size)
        #expect(!scanner.isUnfinished)
        #expect(scanner.goAwayCode == nil)
    }

    @Test func aPrefaceIsUnfinishedUntilItsLastByte() {
        var scanner = HTTP2FrameScanner(hasPreface: true)
        #expect(scanner.isUnfinished)
        scan(&scanner, Self.preface.dropLast(), size: 5)
        #expect(scanner.isUnfinished)
        scan(&scanner, [10], size: 1)
        #expect(!scanner.isUnfinished)
    }

    @Test func aHeaderBlockIsUnfinishedUntilItsLastContinuation() {
        var scanner = HTTP2FrameScanner(hasPreface: false)
        scan(&scanner, Self.frame(1, flags: 1, stream: 1, [1]), size: 100)
        #expect(scanner.isUnfinished)
        scan(&scanner, Self.frame(9, stream: 1, [1]), size: 100)
        #expect(scanner.isUnfinished)
        scan(&scanner, Self.frame(9, flags: 4, stream: 1, [1]), size: 100)
        #expect(!scanner.isUnfinished)
    }

    @Test func aBodyMayPauseWithinAFrameAndAHeadMayNot() {
        var scanner = HTTP2FrameScanner(hasPreface: false)
        scan(&scanner, Self.frame(0, stream: 1, [1, 2, 3]).dropLast(), size: 100)
        #expect(!scanner.isUnfinished)
        scan(&scanner, [3], size: 1)
        scan(&scanner, [0, 0], size: 2)
        #expect(scanner.isUnfinished)
    }

    @Test(arguments: [1, 4, 100])
    func theCodeOfAGoodbyeIsRead(size: Int) {
        var scanner = HTTP2FrameScanner(hasPreface: false)
        scan(&scanner, Self.frame(7, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 11, 65, 66]), size: size)
        #expect(scanner.goAwayCode == 11)
    }

    @Test func aHeaderBlockAfterTheEndOfItsStreamIsNoticed() {
        var scanner = HTTP2FrameScanner(hasPreface: false)
        let trailers =
            Self.frame(1, flags: 4, stream: 1) + Self.frame(0, stream: 1, [1]) + Self.frame(1, flags: 5, stream: 1)
        scan(&scanner, trailers, size: 100)
        #expect(scanner.reopened.isEmpty)
        scan(&scanner, Self.frame(1, flags: 5, stream: 1), size: 100)
        #expect(scanner.reopened == [1])
    }
}
