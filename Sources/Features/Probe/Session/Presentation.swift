/// What a server presented in a whole TLS handshake: it has proved that it holds the first certificate's key.
package struct Presentation: Hashable, Sendable, Codable {
    /// What was probed.
    package var target: ProbeTarget
    /// What was said before TLS.
    package var dialogue: DialogueFacts
    /// The version of TLS.
    package var version: TLSProtocol
    /// IANA's name of the cipher suite.
    package var cipher: String
    /// The certificates in DER as they were sent, the server's own first.
    package var chain: [[UInt8]]
    /// How long it took.
    package var timing: ProbeTiming
    /// Why the server broke off after the handshake, if it did: in TLS 1.3 that is how it asks for a certificate of
    /// the client's.
    package var refusal: String?
}

/// How long the parts of a probe took, in seconds.
package struct ProbeTiming: Hashable, Sendable, Codable {
    /// Until the connection stood.
    package var connect: Double
    /// Until the go-ahead for TLS.
    package var dialogue: Double
    /// The TLS handshake.
    package var handshake: Double

    /// All in seconds.
    package init(connect: Double = 0, dialogue: Double = 0, handshake: Double = 0) {
        self.connect = connect
        self.dialogue = dialogue
        self.handshake = handshake
    }
}

/// Why a probe ended without a whole handshake, and what had been learnt by then.
package struct ProbeFailure: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// How far it had come.
    package enum Phase: String, Hashable, Sendable, Codable {
        /// It was not begun: the target, this machine's limits.
        case preparation
        case connect
        case dialogue
        case handshake
    }

    /// Which kind.
    package enum Reason: String, Hashable, Sendable, Codable {
        /// Nothing listens there.
        case refused
        /// There is no way to the address.
        case unreachable
        /// The phase's time was over.
        case timeout
        /// The server closed the connection.
        case closed
        /// The server doesn't offer TLS on this port.
        case notOffered = "no-starttls"
        /// The server refused, with a code or in words.
        case rejected
        /// What the server says isn't the protocol that was expected.
        case unintelligible = "protocol"
        /// Plain text came behind the go-ahead for TLS.
        case injected
        /// The TLS handshake failed.
        case tls = "tls-failure"
        /// This machine could not: no descriptor left, no such address family.
        case local
        /// It was cancelled.
        case cancelled
    }

    /// What was probed.
    package var target: ProbeTarget
    /// How far it had come.
    package var phase: Phase
    /// Which kind.
    package var reason: Reason
    /// Why, in words, ending without a period.
    package var text: String
    /// What was said before TLS.
    package var dialogue: DialogueFacts
    /// The certificates in DER that the server had sent, though it may not hold their key; empty if none.
    package var chain: [[UInt8]]
    /// How long it took.
    package var timing: ProbeTiming

    /// A failure; what was not learnt is empty.
    package init(
        _ reason: Reason, of target: ProbeTarget, in phase: Phase, _ text: String,
        dialogue: DialogueFacts = DialogueFacts(), chain: [[UInt8]] = [], timing: ProbeTiming = ProbeTiming()
    ) {
        self.target = target
        self.phase = phase
        self.reason = reason
        self.text = text
        self.dialogue = dialogue
        self.chain = chain
        self.timing = timing
    }

    /// How the text begins where TLS was begun and the server speaks something else.
    package static let plainText = "it answered in plain text"

    /// `127.0.0.1:25: STARTTLS isn't among what it can do`.
    package var description: String { "\(target.endpoint): \(text)" }
}
