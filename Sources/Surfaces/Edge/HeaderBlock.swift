internal import NIOCore

/// Copies the header lines that a script gave into an answer. Nothing a script writes can end the head early,
/// start another answer or change the framing: a line that is not `token: value CRLF` refuses the block.
enum HeaderBlock {
    /// What was found on the way.
    struct Result: Equatable {
        /// The script's own Content-Length, if it told one in digits.
        var contentLength: Int?
        fileprivate var lengths = 0
    }

    /// Appends the lines of `block` to `head`, without those that are the server's business.
    /// - Returns: nil if the block is malformed; `head` then holds garbage.
    static func append(_ block: ByteBuffer, to head: inout ByteBuffer) -> Result? {
        var result = Result()
        let isValid = block.withUnsafeReadableBytes { bytes -> Bool in
            var start = 0
            var copied = 0
            while start < bytes.count {
                guard let line = Line(bytes, at: start) else { return false }
                if line.isServersBusiness(bytes) {
                    if line.nameLength == 14 {
                        result.lengths += 1
                        result.contentLength = result.lengths == 1 ? line.number(bytes) : nil
                    }
                    head.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[copied..<start]))
                    copied = line.end
                }
                start = line.end
            }
            head.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[copied..<bytes.count]))
            return true
        }
        return isValid ? result : nil
    }

    /// One header line by its offsets.
    private struct Line {
        let start: Int
        let nameLength: Int
        /// After the CRLF.
        let end: Int

        /// The line at `start`, or nil if it isn't one (RFC 9112, section 5).
        init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            var index = start
            while index < bytes.count, Self.isToken(bytes[index]) { index += 1 }
            guard index > start, index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return nil }
            nameLength = index - start
            self.start = start
            index += 1
            while index < bytes.count, bytes[index] >= 32 || bytes[index] == 9, bytes[index] != 127 { index += 1 }
            guard index + 1 < bytes.count, bytes[index] == 13, bytes[index + 1] == 10 else { return nil }
            end = index + 2
        }

        /// RFC 9110, section 5.6.2.
        private static func isToken(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
                UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                true
            default: false
            }
        }

        /// Headers that describe the connection or that the server writes itself.
        func isServersBusiness(_ bytes: UnsafeRawBufferPointer) -> Bool {
            switch nameLength {
            case 2: has("te", bytes)
            case 4: has("date", bytes)
            case 7: has("upgrade", bytes) || has("trailer", bytes)
            case 10: has("connection", bytes) || has("keep-alive", bytes) || has("x-trace-id", bytes)
            case 14: has("content-length", bytes)
            case 16: has("proxy-connection", bytes)
            case 17: has("transfer-encoding", bytes)
            default: false
            }
        }

        private func has(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) -> Bool {
            let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            for index in 0..<nameLength where bytes[start + index] | 0x20 != wanted[index] | 0x20 { return false }
            return true
        }

        /// The value if it is a decimal number.
        func number(_ bytes: UnsafeRawBufferPointer) -> Int? {
            let value = String(decoding: bytes[(start + nameLength + 1)..<(end - 2)], as: UTF8.self)
            let digits = value.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard digits.count == 1, digits[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(digits[0])
        }
    }
}
