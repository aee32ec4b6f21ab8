/// FTP (RFC 959) up to TLS (RFC 4217, section 4): greeting, AUTH TLS.
struct FTPDialogue: LineDialogue {
    var reader = LineReader()
    private(set) var facts = DialogueFacts()
    let hearsUnasked = false
    let farewell = command("QUIT")
    private var isGreeted = false
    /// The code of a reply of several lines, which ends at the line that begins with it and a space.
    private var open: (code: Int, text: String)?

    mutating func take(_ line: String) throws(DialogueFailure) -> DialogueAction? {
        if let (code, text) = open {
            guard line.hasPrefix("\(code) ") else { return nil }
            open = nil
            return try answer(code, text)
        }
        let reply = try CodedLine(line)
        guard reply.isLast else {
            open = (reply.code, reply.text)
            return nil
        }
        return try answer(reply.code, reply.text)
    }

    private mutating func answer(_ code: Int, _ text: String) throws(DialogueFailure) -> DialogueAction {
        guard isGreeted else {
            facts.note("greeting", code: code, text)
            guard code == 220 else {
                throw DialogueFailure(.rejected, "it greeted with \(code) \(printable(text))")
            }
            isGreeted = true
            return .send(command("AUTH TLS"))
        }
        facts.note("AUTH TLS", code: code, text)
        facts.offersTLS = code == 234
        guard code == 234 else {
            // 500, 502, 504, 530 and 534 all say that this server doesn't do it (RFC 2228, section 3).
            throw DialogueFailure(
                code >= 500 ? .notOffered : .rejected, "AUTH TLS was answered by \(code) \(printable(text))")
        }
        return .startTLS
    }
}
