/// Reads a server's first TLS records as they pass (RFC 8446, sections 4.1.3, 5.1 and 6): which version and cipher suite
/// it picked, whether it sent an alert in the clear, whether it speaks TLS at all.
struct HelloReader: Sendable {
    /// What the first records were.
    enum Verdict: Hashable, Sendable {
        /// It picked a version and a cipher suite.
        case hello(version: TLSProtocol, cipher: UInt16)
        /// It sent this alert before its hello.
        case alert(UInt8)
        /// It doesn't speak TLS; how its words begin.
        case otherProtocol(String)
    }

    private var bytes: [UInt8] = []
    private var message: [UInt8] = []
    private var isDone = false

    /// A server's hello is much smaller.
    private static let limit = 16_384

    /// More came; the verdict as soon as there is one, once.
    mutating func receive(_ more: some Sequence<UInt8>) -> Verdict? {
        guard !isDone else { return nil }
        bytes += more
        guard let verdict = read() else {
            if bytes.count + message.count > Self.limit { isDone = true }
            return nil
        }
        isDone = true
        return verdict
    }

    /// Record by record: type, version, length, content.
    private mutating func read() -> Verdict? {
        while let type = bytes.first {
            guard (20...23).contains(type), bytes.count < 2 || bytes[1] == 3 else {
                return .otherProtocol(printable(String(decoding: bytes.prefix(60), as: UTF8.self)))
            }
            guard bytes.count >= 5 else { return nil }
            let length = Int(bytes[3]) << 8 | Int(bytes[4])
            guard bytes.count >= 5 + length else { return nil }
            let content = bytes[5..<(5 + length)]
            if type == 21, content.count == 2, let code = content.last { return .alert(code) }
            if type == 22 { message += content }
            bytes.removeFirst(5 + length)
            if let verdict = hello() { return verdict }
        }
        return nil
    }

    /// ServerHello: type 2, length, version, random, session id, cipher suite, compression, extensions.
    private func hello() -> Verdict? {
        guard message.count >= 4, message[0] == 2 else { return nil }
        let end = 4 + (Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3]))
        guard message.count >= end, end >= 39 else { return nil }
        var at = 39 + Int(message[38])
        guard end >= at + 3 else { return nil }
        let cipher = UInt16(message[at]) << 8 | UInt16(message[at + 1])
        var version = UInt16(message[4]) << 8 | UInt16(message[5])
        at += 5
        // Extensions: type, length, content; supported_versions (43) holds the true version (section 4.2.1).
        while at + 4 <= end {
            let type = Int(message[at]) << 8 | Int(message[at + 1])
            let length = Int(message[at + 2]) << 8 | Int(message[at + 3])
            guard at + 4 + length <= end else { break }
            if type == 43, length == 2 { version = UInt16(message[at + 4]) << 8 | UInt16(message[at + 5]) }
            at += 4 + length
        }
        return .hello(version: TLSProtocol(code: version), cipher: cipher)
    }
}

/// A version of TLS.
package struct TLSProtocol: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// As on the wire: 0x0303 is TLS 1.2.
    package var code: UInt16

    /// From its number on the wire.
    package init(code: UInt16) { self.code = code }

    /// TLS 1.2, the least that senders should accept (RFC 8996).
    package static let tls12 = Self(code: 0x0303)
    /// TLS 1.3.
    package static let tls13 = Self(code: 0x0304)

    /// `TLSv1.3`.
    package var description: String {
        switch code {
        case 0x0300: "SSLv3"
        case 0x0301: "TLSv1"
        case 0x0302, 0x0303, 0x0304: "TLSv1.\(code - 0x0301)"
        default: "0x" + String(code, radix: 16)
        }
    }

    package static func < (one: Self, other: Self) -> Bool { one.code < other.code }
}
