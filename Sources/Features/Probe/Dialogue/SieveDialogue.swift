/// ManageSieve (RFC 5804) up to TLS: the capabilities come unasked, then STARTTLS.
struct SieveDialogue: LineDialogue {
    /// greeting -> startTLS.
    private enum State { case greeting, startTLS }

    var reader = LineReader()
    private(set) var facts = DialogueFacts()
    let hearsUnasked = false
    let farewell = command("LOGOUT")
    private var state = State.greeting

    mutating func take(_ line: String) throws(DialogueFailure) -> DialogueAction? {
        if state == .greeting, line.hasPrefix("\"") {
            facts.capabilities.append(printable(line))
            return nil
        }
        let word = line.prefix { $0 != " " && $0 != "(" }.uppercased()
        guard ["OK", "NO", "BYE"].contains(word) else {
            throw DialogueFailure(.unintelligible, "it said '\(printable(line.prefix(80)))', which isn't ManageSieve")
        }
        let asked = state == .greeting ? "greeting" : "STARTTLS"
        facts.note(asked, line)
        guard word == "OK" else {
            throw DialogueFailure(.rejected, "the \(asked) was answered by '\(printable(line))'")
        }
        guard state == .greeting else { return .startTLS }
        facts.offersTLS = facts.capabilities.contains { $0.uppercased().hasPrefix("\"STARTTLS\"") }
        guard facts.offersTLS == true else {
            throw DialogueFailure(.notOffered, "STARTTLS isn't among its capabilities")
        }
        state = .startTLS
        return .send(command("STARTTLS"))
    }
}
