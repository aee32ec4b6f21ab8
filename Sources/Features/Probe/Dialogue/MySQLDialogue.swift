/// MySQL's and MariaDB's way to TLS: the server's handshake packet (protocol 10) says whether it can, an SSL request
/// packet begins it without another answer.
struct MySQLDialogue: Dialogue {
    private(set) var facts = DialogueFacts()
    private var bytes: [UInt8] = []

    /// PROTOCOL_41, SSL, SECURE_CONNECTION, PLUGIN_AUTH.
    private static let capabilities: [UInt8] = [0x00, 0x8a, 0x08, 0x00]
    private static let canDoTLS = 0x0800
    /// No handshake packet of a real server is near it.
    private static let limit = 1_024
    private static let opening: [UInt8] = capabilities + [0, 0, 0, 1, 45] + [UInt8](repeating: 0, count: 23)

    /// An answer without a user's name: the server refuses it and counts no broken handshake, for which it would shut
    /// this machine out after some (`max_connect_errors`).
    let farewell: [UInt8] = {
        let body = opening + [0, 0] + Array("mysql_native_password".utf8) + [0]
        return [UInt8(body.count), 0, 0, 2] + body
    }()

    mutating func begin() -> [DialogueAction] { [] }

    mutating func receive(_ more: [UInt8]) -> [DialogueAction] {
        bytes += more
        guard bytes.count >= 4 else { return [] }
        let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        guard (1...Self.limit).contains(length), bytes[3] <= 1 else {
            let text = printable(String(decoding: bytes.prefix(40), as: UTF8.self))
            return [.fail(DialogueFailure(.unintelligible, "it greeted with '\(text)', which isn't MySQL"))]
        }
        guard bytes.count >= 4 + length else { return [] }
        guard bytes.count == 4 + length else {
            return [.fail(DialogueFailure(.injected, "\(bytes.count - 4 - length) bytes came behind its handshake"))]
        }
        do throws(DialogueFailure) {
            try judge(Array(bytes[4...]))
            return [.send([UInt8(Self.opening.count), 0, 0, 1] + Self.opening), .startTLS]
        } catch {
            return [.fail(error)]
        }
    }

    /// Protocol version, server version ending in NUL, thread 4, salt 8, NUL, capabilities.
    private mutating func judge(_ packet: [UInt8]) throws(DialogueFailure) {
        if packet[0] == 0xff {
            let code = packet.count > 2 ? Int(packet[1]) | Int(packet[2]) << 8 : 0
            let text = printable(String(decoding: packet.dropFirst(3), as: UTF8.self))
            facts.note("greeting", code: code, text)
            throw DialogueFailure(.rejected, "it greeted with error \(code): \(text)")
        }
        guard packet[0] == 10, let end = packet.firstIndex(of: 0), packet.count >= end + 16 else {
            throw DialogueFailure(.unintelligible, "its handshake isn't that of protocol version 10")
        }
        facts.note("greeting", code: 10, String(decoding: packet[1..<end], as: UTF8.self))
        let flags = Int(packet[end + 14]) | Int(packet[end + 15]) << 8
        facts.offersTLS = flags & Self.canDoTLS != 0
        guard facts.offersTLS == true else {
            throw DialogueFailure(.notOffered, "SSL isn't among its capabilities (have_ssl is off)")
        }
    }
}
