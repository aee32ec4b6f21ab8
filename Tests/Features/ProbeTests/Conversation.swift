@testable import StewardProbe

/// Plays a server's words to a dialogue and keeps what it does.
struct Conversation {
    /// Everything that the dialogue sent, in order.
    var sent: [[UInt8]] = []
    /// How it ended; nil if it still waits.
    var end: DialogueAction?
    /// What it learnt.
    var facts = DialogueFacts()

    /// Feeds `chunks` one after the other until the dialogue ends.
    init(_ dialect: Dialect, _ chunks: [[UInt8]], name: String? = "mail.example", clientName: String = "probe.example")
    {
        guard var dialogue = dialect.dialogue(name: name, clientName: clientName) else { return }
        take(dialogue.begin())
        for chunk in chunks where end == nil && !chunk.isEmpty { take(dialogue.receive(chunk)) }
        facts = dialogue.facts
    }

    /// The same with words.
    init(_ dialect: Dialect, _ chunks: [String], name: String? = "mail.example", clientName: String = "probe.example") {
        self.init(dialect, chunks.map { Array($0.utf8) }, name: name, clientName: clientName)
    }

    /// What was sent, as words.
    var words: [String] { sent.map { String(decoding: $0, as: UTF8.self) } }

    /// Why it failed.
    var reason: ProbeFailure.Reason? {
        if case .fail(let failure)? = end { failure.reason } else { nil }
    }

    private mutating func take(_ actions: [DialogueAction]) {
        for action in actions {
            precondition(end == nil, "an action after the end: \(action)")
            if case .send(let bytes) = action { sent.append(bytes) } else { end = action }
        }
    }
}

/// Whole conversations of servers that go ahead, as chunks in the order of the client's turns.
enum Transcripts {
    static let mysqlHandshake: [UInt8] = {
        let body: [UInt8] =
            [10] + Array("5.5.5-10.11.6-MariaDB".utf8) + [0, 7, 0, 0, 0] + Array("saltsalt".utf8) + [0]
            + [0xfe, 0xff, 45, 2, 0, 0xff, 0x81, 21] + [UInt8](repeating: 0, count: 10)
            + Array("moresaltmore".utf8) + [0] + Array("mysql_native_password".utf8) + [0]
        return [UInt8(body.count), 0, 0, 0] + body
    }()

    static let ldapSuccess: [UInt8] = [
        0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00,
    ]

    static let good: [(Dialect, [[UInt8]])] = [
        (
            .smtp,
            bytes(
                "220 mail.example ESMTP\r\n", "250-mail.example\r\n250-SIZE 10\r\n250 STARTTLS\r\n",
                "220 2.0.0 Ready\r\n")
        ),
        (.lmtp, bytes("220 mail.example LMTP\r\n", "250-mail.example\r\n250 starttls\r\n", "220 Ready\r\n")),
        (
            .imap,
            bytes(
                "* OK [CAPABILITY IMAP4rev1] hi\r\n", "* CAPABILITY IMAP4rev1 STARTTLS\r\ns1 OK done\r\n",
                "s2 OK go\r\n")
        ),
        (.pop3, bytes("+OK hi\r\n", "+OK\r\nTOP\r\nSTLS\r\n.\r\n", "+OK go\r\n")),
        (.sieve, bytes("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n", "OK \"go\"\r\n")),
        (.ftp, bytes("220-hello\r\nany words\r\n220 ready\r\n", "234 go\r\n")),
        (
            .xmpp,
            bytes(
                "<?xml version='1.0'?><stream:stream from='chat.example' id='1' version='1.0' xmlns='jabber:client'>"
                    + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
                    + "<mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>",
                "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        ),
        (.ldap, [ldapSuccess]),
        (.postgresql, bytes("S")),
        (.mysql, [mysqlHandshake]),
    ]

    private static func bytes(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }
}
