/// POP3 (RFC 1939) up to TLS (RFC 2595, section 4): greeting, CAPA (RFC 2449), STLS.
struct POP3Dialogue: LineDialogue {
    /// greeting -> capabilities -> list -> startTLS; capabilities -> startTLS where CAPA isn't known.
    private enum State { case greeting, capabilities, list, startTLS }

    var reader = LineReader()
    private(set) var facts = DialogueFacts()
    let hearsUnasked = false
    let farewell = command("QUIT")
    private var state = State.greeting

    mutating func take(_ line: String) throws(DialogueFailure) -> DialogueAction? {
        switch state {
        case .greeting:
            facts.note("greeting", line)
            guard try isOK(line) else { throw DialogueFailure(.rejected, "it greeted with '\(printable(line))'") }
            state = .capabilities
            return .send(command("CAPA"))
        case .capabilities:
            facts.note("CAPA", line)
            guard try isOK(line) else { return askForTLS() }
            state = .list
            return nil
        case .list:
            guard line == "." else {
                facts.capabilities.append(printable(line))
                return nil
            }
            facts.offersTLS = facts.capabilities.contains { $0.uppercased() == "STLS" }
            guard facts.offersTLS == true else {
                throw DialogueFailure(.notOffered, "STLS isn't among its capabilities")
            }
            return askForTLS()
        case .startTLS:
            facts.note("STLS", line)
            guard try isOK(line) else {
                throw DialogueFailure(
                    facts.offersTLS == nil ? .notOffered : .rejected, "STLS was answered by '\(printable(line))'")
            }
            facts.offersTLS = true
            return .startTLS
        }
    }

    private mutating func askForTLS() -> DialogueAction {
        state = .startTLS
        return .send(command("STLS"))
    }

    private func isOK(_ line: String) throws(DialogueFailure) -> Bool {
        let word = line.prefix { $0 != " " }
        guard word == "+OK" || word == "-ERR" else {
            throw DialogueFailure(.unintelligible, "it said '\(printable(line.prefix(80)))', which isn't POP3")
        }
        return word == "+OK"
    }
}
