import Testing

@testable import StewardProbe

/// A server's words and how the dialogue must end.
struct DialogueCase: Sendable, CustomTestStringConvertible {
    let dialect: Dialect
    let says: [String]
    let reason: ProbeFailure.Reason
    var testDescription: String { "\(dialect) \(says.last?.debugDescription ?? "")" }

    init(_ dialect: Dialect, _ says: String..., fails reason: ProbeFailure.Reason) {
        (self.dialect, self.says, self.reason) = (dialect, says, reason)
    }
}

@Suite("Dialogues that don't lead to TLS")
struct DialogueCasesTests {
    static let cases: [DialogueCase] = [
        .init(.smtp, "554 no\r\n", fails: .rejected),
        .init(.smtp, "421 busy\r\n", fails: .rejected),
        .init(.smtp, "HTTP/1.1 400 Bad Request\r\n", fails: .unintelligible),
        .init(.smtp, "22\r\n", fails: .unintelligible),
        .init(.smtp, "220_x\r\n", fails: .unintelligible),
        .init(.smtp, "020 x\r\n", fails: .unintelligible),
        .init(.smtp, "220-a\r\n250 b\r\n", fails: .unintelligible),
        .init(.smtp, "220 a\r\n250 early\r\n", fails: .unintelligible),
        .init(.smtp, "220 a\r\n", "502 what\r\n", fails: .rejected),
        .init(.smtp, "220 a\r\n", "250-a\r\n250 SIZE\r\n", fails: .notOffered),
        .init(.smtp, "220 a\r\n", "250-STARTTLS\r\n250 SIZE\r\n", fails: .notOffered),
        .init(.smtp, "220 a\r\n", "250-a\r\n250 STARTTLS\r\n", "454 not now\r\n", fails: .rejected),
        .init(.imap, "* BYE full\r\n", fails: .rejected),
        .init(.imap, "* PREAUTH you\r\n", fails: .notOffered),
        .init(.imap, "+OK pop\r\n", fails: .unintelligible),
        .init(.imap, "* OK\r\n", "* CAPABILITY IMAP4rev1\r\ns1 OK\r\n", fails: .notOffered),
        .init(.imap, "* OK\r\n", "s1 BAD what\r\n", fails: .rejected),
        .init(.imap, "* OK\r\n", "* BYE\r\n", fails: .rejected),
        .init(.imap, "* OK\r\n", "s9 OK\r\n", fails: .unintelligible),
        .init(.imap, "* OK\r\n", "* CAPABILITY STARTTLS\r\ns1 OK\r\n", "s2 NO broken\r\n", fails: .rejected),
        .init(.pop3, "-ERR no\r\n", fails: .rejected),
        .init(.pop3, "220 smtp\r\n", fails: .unintelligible),
        .init(.pop3, "+OK\r\n", "+OK\r\nUSER\r\n.\r\n", fails: .notOffered),
        .init(.pop3, "+OK\r\n", "-ERR CAPA?\r\n", "-ERR STLS?\r\n", fails: .notOffered),
        .init(.pop3, "+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "-ERR broken\r\n", fails: .rejected),
        .init(.sieve, "\"SASL\" \"PLAIN\"\r\nOK\r\n", fails: .notOffered),
        .init(.sieve, "BYE \"busy\"\r\n", fails: .rejected),
        .init(.sieve, "220 x\r\n", fails: .unintelligible),
        .init(.sieve, "\"STARTTLS\"\r\nOK\r\n", "NO\r\n", fails: .rejected),
        .init(.ftp, "421 busy\r\n", fails: .rejected),
        .init(.ftp, "220 x\r\n", "502 what\r\n", fails: .notOffered),
        .init(.ftp, "220 x\r\n", "431 not now\r\n", fails: .rejected),
        .init(.ftp, "SSH-2.0-OpenSSH_9.2\r\n", fails: .unintelligible),
        .init(.xmpp, "<stream:stream><stream:features><mechanisms/></stream:features>", fails: .notOffered),
        .init(.xmpp, "<stream:stream><stream:features/>", fails: .notOffered),
        .init(.xmpp, "<stream:stream><stream:error><host-unknown/></stream:error>", fails: .rejected),
        .init(.xmpp, "<stream:stream><!DOCTYPE x>", fails: .unintelligible),
        .init(.xmpp, "220 smtp\r\n", fails: .unintelligible),
        .init(.xmpp, "<stream:stream><stream:features><starttls/></stream:features>", "<failure/>", fails: .rejected),
        .init(.postgresql, "N", fails: .notOffered),
        .init(.postgresql, "E\0\0\0\u{5}x", fails: .rejected),
        .init(.postgresql, "H", fails: .unintelligible),
        .init(.mysql, "220 smtp\r\n", fails: .unintelligible),
        .init(.mysql, "\u{2}\0\0\0\u{9}\0", fails: .unintelligible),
    ]

    @Test("each ends with its reason and never begins TLS", arguments: cases)
    func ends(_ one: DialogueCase) {
        let conversation = Conversation(one.dialect, one.says)
        #expect(conversation.reason == one.reason, "\(String(describing: conversation.end))")
    }

    @Test("LDAP results: unknown operation, unwilling, disconnection, nonsense")
    func ldap() {
        func answer(_ id: UInt8, _ code: UInt8) -> [UInt8] {
            [0x30, 0x0e, 0x02, 0x01, id, 0x78, 0x09, 0x0a, 0x01, code, 0x04, 0x00, 0x04, 0x02, 0x68, 0x69]
        }
        #expect(Conversation(.ldap, [answer(1, 2)]).reason == .notOffered)
        #expect(Conversation(.ldap, [answer(1, 52)]).reason == .rejected)
        #expect(Conversation(.ldap, [answer(0, 52)]).reason == .rejected)
        #expect(Conversation(.ldap, ["HTTP/1.1 400\r\n"]).reason == .unintelligible)
        #expect(Conversation(.ldap, [[0x30, 0x80]]).reason == .unintelligible)
        #expect(Conversation(.ldap, [[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]]).reason == .unintelligible)
        #expect(Conversation(.ldap, [[0x30, 0x02, 0x02, 0x7f]]).reason == .unintelligible)
    }

    @Test("MySQL without SSL, and one that shuts this host out")
    func mysql() {
        var off = Transcripts.mysqlHandshake
        let flags = 4 + 1 + "5.5.5-10.11.6-MariaDB".utf8.count + 1 + 4 + 8 + 1
        off[flags + 1] &= ~0x08
        #expect(Conversation(.mysql, [off]).reason == .notOffered)
        let blocked = [0xff, 0x69, 0x04] + Array("Host is blocked".utf8)
        #expect(Conversation(.mysql, [[UInt8(blocked.count), 0, 0, 0] + blocked]).reason == .rejected)
    }

    @Test("what was learnt before a failure is kept")
    func keepsFacts() {
        let says = ["220 mx.example ESMTP hi\r\n", "250-mx.example hello\r\n250-8BITMIME\r\n250 SIZE 5\r\n"]
        let facts = Conversation(.smtp, says).facts
        #expect(facts.serverName == "mx.example")
        #expect(facts.capabilities == ["8BITMIME", "SIZE 5"])
        #expect(facts.offersTLS == false)
        #expect(facts.replies.map(\.code) == [220, 250])
    }

    @Test("the client's words are those of its protocol")
    func words() {
        let smtp = Conversation(.smtp, Transcripts.good[0].1)
        #expect(smtp.words == ["EHLO probe.example\r\n", "STARTTLS\r\n"])
        #expect(Conversation(.lmtp, ["220 x\r\n"]).words == ["LHLO probe.example\r\n"])
        let ldap = Conversation(.ldap, [[UInt8]]())
        #expect(ldap.sent.first?.count == 31)
        #expect(ldap.sent.first?.prefix(9) == [0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16])
        let host = Conversation(.xmpp, [[UInt8]](), name: "a'><evil/>.example").words.first ?? ""
        #expect(host.contains("to='aevil.example'"))
    }

    @Test("control characters of a server never reach what is shown")
    func printableOnly() {
        let facts = Conversation(.smtp, ["220 mx\u{1b}[31m \u{7}\r\n"]).facts
        #expect(facts.replies.first?.text == "mx?[31m ?")
    }
}
