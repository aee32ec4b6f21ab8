/// A conversation in plain text that leads to TLS: a pure state machine, bytes in, actions out. It ends with `startTLS`
/// or `fail`; after that it is told nothing more.
package protocol Dialogue: Sendable {
    /// What has been learnt so far.
    var facts: DialogueFacts { get }
    /// What the client says over TLS to part in peace, so that the server logs no broken connection; may be empty.
    var farewell: [UInt8] { get }
    /// The connection stands.
    mutating func begin() -> [DialogueAction]
    /// The server said something; never empty.
    mutating func receive(_ bytes: [UInt8]) -> [DialogueAction]
}

/// What to do next.
package enum DialogueAction: Hashable, Sendable {
    /// Send these bytes.
    case send([UInt8])
    /// Begin the TLS handshake; every byte that the server sent has been accounted for.
    case startTLS
    /// Give up.
    case fail(DialogueFailure)
}

/// Why a dialogue ended without TLS.
package struct DialogueFailure: Error, Hashable, Sendable {
    /// Which kind.
    package var reason: ProbeFailure.Reason
    /// In words, ending without a period.
    package var text: String

    /// A failure in words.
    package init(_ reason: ProbeFailure.Reason, _ text: String) {
        self.reason = reason
        self.text = text
    }
}

/// What a server said before TLS.
package struct DialogueFacts: Hashable, Sendable, Codable {
    /// One answer.
    package struct Reply: Hashable, Sendable, Codable {
        /// What it answered: `greeting`, `EHLO`, `STARTTLS`.
        package var to: String
        /// Its code where the protocol has codes.
        package var code: Int?
        /// Its first line, at most 512 characters, without control characters.
        package var text: String
    }

    /// The name that the server gives itself, where its protocol has one.
    package var serverName: String?
    /// What it says it can do, as written: `PIPELINING`, `SIZE 10240000`.
    package var capabilities: [String] = []
    /// Whether it offers TLS; nil where that was not learnt.
    package var offersTLS: Bool?
    /// The answers in their order.
    package var replies: [Reply] = []

    /// Nothing learnt yet.
    package init() {}

    /// Keeps an answer.
    mutating func note(_ to: String, code: Int? = nil, _ text: String) {
        replies.append(Reply(to: to, code: code, text: printable(text)))
    }
}

/// `text` as it may be shown: at most 512 characters, control characters as `?`.
func printable(_ text: some StringProtocol) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.prefix(512).map {
                $0.properties.generalCategory == .control ? "?" : $0
            }))
}
