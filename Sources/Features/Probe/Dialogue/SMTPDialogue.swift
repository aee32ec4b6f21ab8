/// SMTP (RFC 5321) or LMTP (RFC 2033) up to TLS (RFC 3207): greeting, EHLO, STARTTLS.
struct SMTPDialogue: LineDialogue {
    /// greeting -> hello -> startTLS; each may end in a failure.
    private enum State { case greeting, hello, startTLS }

    var reader = LineReader()
    private(set) var facts = DialogueFacts()
    let hearsUnasked = false
    let farewell = command("QUIT")
    private let hello: String
    private var state = State.greeting
    private var lines: [String] = []
    private var code: Int?

    /// A client that calls itself `clientName`, greeting by EHLO or LHLO.
    init(clientName: String, greets verb: String = "EHLO") { hello = "\(verb) \(clientName)" }

    mutating func take(_ line: String) throws(DialogueFailure) -> DialogueAction? {
        let reply = try CodedLine(line)
        guard code == nil || code == reply.code else {
            throw DialogueFailure(
                .unintelligible, "the lines of one reply have the codes \(code ?? 0) and \(reply.code)")
        }
        code = reply.code
        lines.append(reply.text)
        guard lines.count <= 256 else { throw DialogueFailure(.unintelligible, "a reply has more than 256 lines") }
        guard reply.isLast else { return nil }
        defer {
            lines = []
            code = nil
        }
        return try answer(reply.code, lines)
    }

    private mutating func answer(_ code: Int, _ lines: [String]) throws(DialogueFailure) -> DialogueAction {
        let text = lines.first ?? ""
        switch state {
        case .greeting:
            facts.note("greeting", code: code, text)
            facts.serverName = text.split(separator: " ").first.map { printable($0) }
            try require(code, 220, "its greeting", text)
            state = .hello
            return .send(command(hello))
        case .hello:
            facts.note(String(hello.prefix(4)), code: code, text)
            try require(code, 250, String(hello.prefix(4)), text)
            facts.serverName = text.split(separator: " ").first.map { printable($0) } ?? facts.serverName
            facts.capabilities = lines.dropFirst().map { printable($0) }
            facts.offersTLS = facts.capabilities.contains { $0.uppercased() == "STARTTLS" }
            guard facts.offersTLS == true else {
                throw DialogueFailure(.notOffered, "STARTTLS isn't among what it can do")
            }
            state = .startTLS
            return .send(command("STARTTLS"))
        case .startTLS:
            facts.note("STARTTLS", code: code, text)
            try require(code, 220, "STARTTLS", text)
            return .startTLS
        }
    }

    private func require(_ code: Int, _ wanted: Int, _ what: String, _ text: String) throws(DialogueFailure) {
        guard code != wanted else { return }
        throw DialogueFailure(.rejected, "\(what) was answered by \(code) \(printable(text))")
    }
}

/// One line of a reply with a code of three digits (RFC 5321, section 4.2.1).
struct CodedLine {
    /// 200 to 599.
    let code: Int
    /// Whether no hyphen says that more follow.
    let isLast: Bool
    /// What stands behind the code.
    let text: String

    /// Throws where the line isn't one.
    init(_ line: String) throws(DialogueFailure) {
        let bytes = line.utf8
        let digits = bytes.prefix(3).filter { (48...57).contains($0) }
        let separator = bytes.dropFirst(3).first
        guard digits.count == 3, let first = digits.first, (50...53).contains(first),
            separator == nil || separator == 32 || separator == 45
        else {
            throw DialogueFailure(
                .unintelligible, "it said '\(printable(line.prefix(80)))', which isn't a reply with a code")
        }
        code = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        isLast = separator != 45
        text = String(decoding: bytes.dropFirst(4), as: UTF8.self)
    }
}
