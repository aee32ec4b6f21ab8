/// Textual encodings (RFC 7468), read leniently: what stands between the labels may have any line length, white space,
/// headers before it (`Proc-Type`, RFC 1421) and text around it.
package enum PEM {
    /// One `-----BEGIN LABEL-----` block.
    package struct Block: Hashable {
        /// What stands after BEGIN: `CERTIFICATE`.
        package let label: String
        /// The decoded bytes; nil where the base64 is damaged.
        package let der: [UInt8]?
        /// Whether it has `Proc-Type: 4,ENCRYPTED`.
        package let isEncrypted: Bool
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    /// The first `limit` blocks in order.
    package static func blocks(_ bytes: [UInt8], limit: Int = 64) -> [Block] {
        var blocks: [Block] = []
        bytes.withUnsafeBufferPointer { all in
            var index = 0
            while blocks.count < limit, let start = find(begin, in: all, from: index) {
                guard let labelEnd = find(dashes, in: all, from: start + begin.count) else { return }
                let label = all[(start + begin.count)..<labelEnd]
                let bodyStart = labelEnd + dashes.count
                guard label.count < 64, let bodyEnd = find(end, in: all, from: bodyStart) else {
                    index = start + begin.count
                    continue
                }
                blocks.append(block(label, all[bodyStart..<bodyEnd]))
                index = bodyEnd + end.count
            }
        }
        return blocks
    }

    private static func block(
        _ label: Slice<UnsafeBufferPointer<UInt8>>, _ body: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Block {
        var body = body
        var isEncrypted = false
        if body.contains(UInt8(ascii: ":")) {
            // Headers end at the last line that has a colon; a line that ends in white space goes on.
            let lastColon = body.lastIndex(of: UInt8(ascii: ":")) ?? body.startIndex
            let lineEnd = body[lastColon...].firstIndex(of: UInt8(ascii: "\n")) ?? body.endIndex
            isEncrypted = String(decoding: body[..<lineEnd], as: UTF8.self).contains("ENCRYPTED")
            body = body[lineEnd...]
        }
        return Block(label: String(decoding: label, as: UTF8.self), der: base64(body), isEncrypted: isEncrypted)
    }

    private static func find(_ word: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        let last = bytes.count - word.count
        while index <= last {
            if bytes[index] == word[0] {
                var count = 1
                while count < word.count, bytes[index + count] == word[count] { count += 1 }
                if count == word.count { return index }
            }
            index += 1
        }
        return nil
    }

    /// 0 to 63 for the digits of base64 (RFC 4648, section 4), 64 for white space, 65 for `=`, 255 for the rest.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, digit) in digits.utf8.enumerated() { table[Int(digit)] = UInt8(value) }
        for space in " \t\r\n\u{B}\u{C}".utf8 { table[Int(space)] = 64 }
        table[Int(UInt8(ascii: "="))] = 65
        return table
    }()

    private static func base64(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        var isWhole = true
        let decoded = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { buffer, filled in
            values.withUnsafeBufferPointer { values in
                var (bits, count, padding): (UInt32, Int, Int) = (0, 0, 0)
                for byte in text {
                    let value = values[Int(byte)]
                    if value < 64, padding == 0 {
                        bits = bits << 6 | UInt32(value)
                        count += 1
                        if count == 4 {
                            buffer[filled] = UInt8(truncatingIfNeeded: bits >> 16)
                            buffer[filled + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                            buffer[filled + 2] = UInt8(truncatingIfNeeded: bits)
                            filled += 3
                            (bits, count) = (0, 0)
                        }
                    } else if value == 65 {
                        padding += 1
                    } else if value != 64 {
                        isWhole = false
                    }
                }
                if count == 1 || padding > 2 { isWhole = false }
                if count >= 2 {
                    buffer[filled] = UInt8(truncatingIfNeeded: bits >> (count == 2 ? 4 : 10))
                    filled += 1
                }
                if count == 3 {
                    buffer[filled] = UInt8(truncatingIfNeeded: bits >> 2)
                    filled += 1
                }
            }
        }
        return isWhole ? decoded : nil
    }
}
