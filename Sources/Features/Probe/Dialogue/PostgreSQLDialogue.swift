/// PostgreSQL's way to TLS: SSLRequest (80877103), answered by one byte, `S` or `N`.
struct PostgreSQLDialogue: Dialogue {
    private(set) var facts = DialogueFacts()
    /// A server that reads no start-up packet at all logs nothing.
    let farewell: [UInt8] = []
    private var bytes: [UInt8] = []

    mutating func begin() -> [DialogueAction] { [.send([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])] }

    mutating func receive(_ more: [UInt8]) -> [DialogueAction] {
        bytes += more
        switch bytes[0] {
        case UInt8(ascii: "S"):
            facts.note("SSLRequest", "S")
            facts.offersTLS = true
            guard bytes.count == 1 else {
                // CVE-2021-23222: bytes behind the go-ahead.
                let text = "\(bytes.count - 1) bytes of plain text came behind its go-ahead for TLS"
                return [.fail(DialogueFailure(.injected, text))]
            }
            return [.startTLS]
        case UInt8(ascii: "N"):
            facts.note("SSLRequest", "N")
            facts.offersTLS = false
            return [.fail(DialogueFailure(.notOffered, "it answers that it does no TLS (ssl = off)"))]
        case UInt8(ascii: "E"):
            // An old or refusing server sends an error message whose length or text isn't to be trusted.
            let text = printable(String(decoding: bytes.dropFirst().prefix(200), as: UTF8.self))
            facts.note("SSLRequest", text)
            return [.fail(DialogueFailure(.rejected, "SSLRequest was answered by an error: \(text)"))]
        default:
            let text = printable(String(decoding: bytes.prefix(80), as: UTF8.self))
            return [.fail(DialogueFailure(.unintelligible, "it answered SSLRequest with '\(text)'"))]
        }
    }
}
