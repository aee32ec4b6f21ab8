/// IMAP (RFC 9051) up to TLS: greeting, CAPABILITY, STARTTLS.
struct IMAPDialogue: LineDialogue {
    /// greeting -> capability -> startTLS; each may end in a failure.
    private enum State { case greeting, capability, startTLS }

    var reader = LineReader()
    private(set) var facts = DialogueFacts()
    let farewell = command("s3 LOGOUT")
    private var state = State.greeting

    /// Untagged responses may come at any time (section 7) but not between the go-ahead and TLS.
    var hearsUnasked: Bool { state != .startTLS }

    mutating func take(_ line: String) throws(DialogueFailure) -> DialogueAction? {
        switch state {
        case .greeting: return try greeting(line)
        case .capability: return try capability(line)
        case .startTLS:
            guard let answer = try tagged(line, "s2", "STARTTLS") else { return nil }
            try require(answer, "STARTTLS", line)
            return .startTLS
        }
    }

    private mutating func greeting(_ line: String) throws(DialogueFailure) -> DialogueAction {
        let words = line.split(separator: " ", maxSplits: 2).map { $0.uppercased() }
        facts.note("greeting", line)
        guard words.count >= 2, words[0] == "*" else {
            throw DialogueFailure(.unintelligible, "it greeted with '\(printable(line.prefix(80)))', which isn't IMAP")
        }
        switch words[1] {
        case "OK":
            state = .capability
            return .send(command("s1 CAPABILITY"))
        case "PREAUTH":
            throw DialogueFailure(.notOffered, "it greets with PREAUTH, after which STARTTLS isn't allowed")
        default:
            throw DialogueFailure(.rejected, "it greeted with '\(printable(line))'")
        }
    }

    private mutating func capability(_ line: String) throws(DialogueFailure) -> DialogueAction? {
        if line.uppercased().hasPrefix("* CAPABILITY ") {
            facts.capabilities = line.split(separator: " ").dropFirst(2).map { printable($0) }
            return nil
        }
        guard let answer = try tagged(line, "s1", "CAPABILITY") else { return nil }
        try require(answer, "CAPABILITY", line)
        facts.offersTLS = facts.capabilities.contains { $0.uppercased() == "STARTTLS" }
        guard facts.offersTLS == true else {
            throw DialogueFailure(.notOffered, "STARTTLS isn't among its capabilities")
        }
        state = .startTLS
        return .send(command("s2 STARTTLS"))
    }

    /// The status word of the response to the command with this tag; nil for an untagged response.
    private mutating func tagged(_ line: String, _ tag: String, _ what: String) throws(DialogueFailure) -> String? {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        if words.first == "*" {
            guard words.count < 2 || words[1].uppercased() != "BYE" else {
                throw DialogueFailure(.rejected, "it said goodbye: '\(printable(line))'")
            }
            return nil
        }
        guard words.count >= 2, words[0] == tag else {
            throw DialogueFailure(.unintelligible, "it said '\(printable(line.prefix(80)))' to \(what)")
        }
        facts.note(what, words.dropFirst().joined(separator: " "))
        return words[1].uppercased()
    }

    private func require(_ answer: String, _ what: String, _ line: String) throws(DialogueFailure) {
        guard answer != "OK" else { return }
        throw DialogueFailure(.rejected, "\(what) was answered by '\(printable(line))'")
    }
}
