import Testing

@testable import StewardDNS

@Suite struct MessageTests {
    /// A message with every kind of data that is understood.
    static let rich: Message = {
        var message = Message(id: 0xbeef)
        (message.isResponse, message.isAuthoritative, message.recursionAvailable) = (true, true, true)
        message.code = 0x123
        message.edns = Message.EDNS(payload: 4096, options: [0, 10, 0, 2, 1, 2])
        let name = DomainName("Mail.Example.")!
        message.questions = [.init(name, .any)]
        let signature = Signature(
            covers: .tlsa, algorithm: 13, labels: 2, originalTTL: 300, expiration: 4_000_000_000,
            inception: 1_700_000_000, keyTag: 4711, signer: DomainName("example")!, signature: [1, 2, 3])
        let start = StartOfAuthority(
            primary: name, mailbox: DomainName("a\\.b.example")!, serial: .max, refresh: 1, retry: 2, expire: 3,
            minimum: 4)
        message.answers = [
            ResourceRecord(name, .a, ttl: 1, .a([192, 0, 2, 1])),
            ResourceRecord(name, .aaaa, ttl: .max, .aaaa(Array(0..<16))), ResourceRecord(name, .ns, ttl: 2, .ns(name)),
            ResourceRecord(name, .cname, ttl: 3, .cname(.root)), ResourceRecord(name, .dname, ttl: 3, .dname(name)),
            ResourceRecord(name, .mx, ttl: 4, .mx(preference: 10, name)),
            ResourceRecord(name, .soa, ttl: 5, .soa(start)), ResourceRecord(name, .rrsig, ttl: 6, .rrsig(signature)),
            ResourceRecord(name, .tlsa, ttl: 7, .tlsa(TLSA(selector: 1, matching: 1, bytes: [9, 8]))),
            ResourceRecord(name, .ds, ttl: 8, .ds(keyTag: 1, algorithm: 2, digestType: 3, digest: [4])),
            ResourceRecord(name, .txt, ttl: 9, .other([1, 97])),
        ]
        message.authority = [
            ResourceRecord(name, .tlsa, ttl: 0, .other([]), recordClass: 255),
            ResourceRecord(name, .any, ttl: 0, .other([]), recordClass: 254),
            ResourceRecord(name, .a, ttl: 0, .a([1, 2, 3, 4]), recordClass: 254),
        ]
        message.additional = [ResourceRecord(name, .a, ttl: 0, .other([1, 2, 3]))]
        return message
    }()

    /// An answer with compressed names, as servers send them.
    static let compressed = hex(
        "12348400000100020000 0000 076578616d706c6500 000f0001 c00c000f00010000003c0009 000a 046d61696cc00c"
            + "c00c000200010000003c 0002 c027")

    @Test func whatIsWrittenIsReadAgain() throws {
        let again = try Message(bytes: Self.rich.encoded)
        #expect(again == Self.rich)
        #expect(again.encoded == Self.rich.encoded)
        #expect(again.answers[0].name.description == "Mail.Example.")
    }

    @Test func compressedNamesAreReadAndWrittenOut() throws {
        let message = try Message(bytes: Self.compressed)
        let mail = try #require(DomainName("mail.example"))
        #expect(message.answers.map(\.data) == [.mx(preference: 10, mail), .ns(mail)])
        #expect(try Message(bytes: message.encoded) == message)
    }

    @Test func eachWrongPointerIsRefused() {
        for (target, isRight) in [
            (0x0c, true), (0x27, true), (0x0b, false), (0x2f, false), (0x3a, false), (0xff, false),
        ] {
            var bytes = Self.compressed
            bytes[bytes.count - 1] = UInt8(target)
            #expect(((try? Message(bytes: bytes)) != nil) == isRight, "pointer to \(target)")
        }
        // Two that lead to each other, and one that leads to itself.
        let loop = hex("123400000001000000000000 c00e c00c 0001 0001")
        #expect(throws: DamagedMessage.self) { try Message(bytes: loop) }
        let itself = hex("123400000001000000000000 c00c 0001 0001")
        #expect(throws: DamagedMessage.self) { try Message(bytes: itself) }
    }

    @Test func aNameMayHave255BytesAndNoMore() throws {
        let label = [UInt8(63)] + [UInt8](repeating: 97, count: 63)
        for (last, isRight) in [(61, true), (62, false)] {
            let name = label + label + label + [UInt8(last)] + [UInt8](repeating: 98, count: last) + [0]
            let bytes = hex("123400000001000000000000") + name + [0, 1, 0, 1]
            #expect(((try? Message(bytes: bytes)) != nil) == isRight)
        }
        // By pointers too.
        let long = label + label + label + [0]
        let bytes =
            hex("123400000002000000000000") + long + [0, 1, 0, 1] + label + [0xc0, 12] + [0, 1, 0, 1]
        #expect(throws: DamagedMessage.self) { try Message(bytes: bytes) }
    }

    @Test func everyPartOfAMessageIsRefused() {
        for whole in [Self.rich.encoded, Self.compressed] {
            for count in whole.indices {
                #expect(throws: DamagedMessage.self) { try Message(bytes: Array(whole.prefix(count))) }
            }
            #expect(throws: DamagedMessage.self) { try Message(bytes: whole + [0]) }
        }
        #expect(throws: DamagedMessage.self) { try Message(bytes: [UInt8](repeating: 0, count: 65_536)) }
    }

    @Test func theCodeIsJoinedWithItsUpperBits() throws {
        var message = Message(id: 1)
        message.edns = Message.EDNS(wantsSignatures: false)
        message.code = 16
        #expect(try Message(bytes: message.encoded).code == 16)
        #expect(try Message(bytes: message.encoded).edns?.wantsSignatures == false)
    }

    @Test func olderTypesNamesAreWrittenOut() throws {
        let bytes = hex(
            "123484000001000100000000 076578616d706c6500 00210001 c00c002100010000003c000d 0001 0002 0003 046d61696cc00c"
        )
        let message = try Message(bytes: bytes)
        #expect(message.answers[0].data == .other(hex("000100020003 046d61696c 076578616d706c65 00")))
    }

    @Test func recordsAreWrittenAsInZoneFiles() {
        let lines = Self.rich.answers.map(\.description)
        #expect(lines[0] == "Mail.Example. 1 IN A 192.0.2.1")
        #expect(lines[7].hasSuffix("TLSA 13 2 300 20961002070640 20231114221320 4711 example. AQID"))
        #expect(Self.rich.authority[0].description == "Mail.Example. 0 ANY TLSA")
        #expect(Self.rich.additional[0].description == "Mail.Example. 0 IN A \\# 3 010203")
    }
}
