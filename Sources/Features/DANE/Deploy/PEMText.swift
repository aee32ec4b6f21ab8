/// Writes textual encodings (RFC 7468): lines of 64 characters.
enum PEMText {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// One block with its line end.
    static func encode(_ label: String, _ der: [UInt8]) -> [UInt8] {
        var text = Array("-----BEGIN \(label)-----\n".utf8)
        text.reserveCapacity(der.count * 7 / 5 + 80)
        for line in stride(from: 0, to: der.count, by: 48) {
            for start in stride(from: line, to: min(line + 48, der.count), by: 3) {
                let group = der[start..<min(start + 3, der.count)]
                let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
                for place in 0..<4 {
                    let isPadding = place > group.count
                    text.append(isPadding ? UInt8(ascii: "=") : digits[Int(bits >> (18 - 6 * UInt32(place)) & 63)])
                }
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text + Array("-----END \(label)-----\n".utf8)
    }
}
