/// A TLSA record's data (RFC 6698, section 2.1): what a port's certificate or key must be.
package struct TLSARecord: Hashable, Sendable {
    /// 3 for the server's own (DANE-EE); 0, 1 and 2 as section 2.1.1 has them.
    package var usage: UInt8
    /// 0 for the certificate, 1 for its public key.
    package var selector: UInt8
    /// 0 for the whole, 1 for its SHA-256, 2 for its SHA-512.
    package var matching: UInt8
    /// The whole or the digest.
    package var bytes: [UInt8]

    /// A record's four fields.
    package init(usage: UInt8 = 3, selector: UInt8, matching: UInt8, bytes: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.bytes = bytes
    }

    /// The type's number.
    static let type = 52

    /// The TLSA records in the answer section of a DNS message (RFC 1035, section 4.1), those behind an alias too; nil
    /// where it is no whole answer. Names are passed over and never followed, so that no message leads in circles.
    package static func parse(_ message: [UInt8]) -> [TLSARecord]? {
        guard message.count >= 12, message[2] & 0x80 != 0 else { return nil }
        var reader = MessageReader(message)
        for _ in 0..<reader.number(at: 4) {
            guard reader.passName(), reader.take(4) != nil else { return nil }
        }
        var records: [TLSARecord] = []
        for _ in 0..<reader.number(at: 6) {
            guard reader.passName(), let head = reader.take(10).map(Array.init) else { return nil }
            guard let data = reader.take(Int(head[8]) << 8 | Int(head[9])).map(Array.init) else { return nil }
            // Class IN; its top bit means something else in multicast DNS and nothing here.
            guard Int(head[0]) << 8 | Int(head[1]) == type, head[2] == 0, head[3] == 1 else { continue }
            guard data.count > 3 else { return nil }
            records.append(
                TLSARecord(usage: data[0], selector: data[1], matching: data[2], bytes: Array(data[3...])))
        }
        return records
    }
}

/// Walks over a DNS message without ever leaving it.
private struct MessageReader {
    private let message: [UInt8]
    private var at = 12

    init(_ message: [UInt8]) { self.message = message }

    /// Two bytes of the header.
    func number(at index: Int) -> Int { Int(message[index]) << 8 | Int(message[index + 1]) }

    /// The next `count` bytes.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= message.count - at else { return nil }
        defer { at += count }
        return message[at..<at + count]
    }

    /// Passes over a name: labels up to the root or to a pointer (RFC 1035, section 4.1.4).
    mutating func passName() -> Bool {
        while let length = take(1)?.first {
            switch length {
            case 0: return true
            case 0xc0...: return take(1) != nil
            case 1...63: guard take(Int(length)) != nil else { return false }
            default: return false
            }
        }
        return false
    }
}
