import Testing

@testable import StewardDNS

@Suite struct NameServerTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1:53"), ("192.0.2.1:5300", "192.0.2.1:5300"), ("2001:db8::1", "[2001:db8::1]:53"),
        ("[2001:db8::1]", "[2001:db8::1]:53"), ("[2001:db8::1]:5300", "[2001:db8::1]:5300"), ("::1", "[::1]:53"),
        ("[::]:1", "[::]:1"), ("FD00:1AB:0:0::0:3", "[fd00:1ab::3]:53"), ("[FD00::0.0.0.3]:65535", "[fd00::3]:65535"),
        ("::ffff:192.0.2.1", "[::ffff:192.0.2.1]:53"), ("fe80::1%eth0", "[fe80::1%eth0]:53"),
        ("[FE80::1%br-1a2b.7]:5300", "[fe80::1%br-1a2b.7]:5300"),
        // Without brackets the last group is no port.
        ("2001:db8::1:53", "[2001:db8::1:53]:53"),
    ]) func anAddressIsWrittenOneWay(text: String, description: String) {
        let server = NameServer(text: text)
        #expect(server?.description == description)
        #expect(server.map { NameServer(text: $0.description) } == server, "it reads its own text")
    }

    @Test(arguments: [
        "", "[", "]", "[]", "[]:53", "[::1", "::1]", "[::1]53", "[::1]:", "[::1]:0", "[::1]:65536", "[::1]:+53",
        "[::1]: 53",
        "[::1]:5 3", "[::1]]:53", "[[::1]]:53", "[192.0.2.1]:53", "192.0.2.1:", "192.0.2.1:x", "192.0.2", "192.0.2.256",
        "192.0.2.01", "1:53", "fd00::1::2", "fd00:::1", "fd00::g", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "12345::1",
        "fe80::1%", "fe80::1%a b", "fe80::1%et/0", "fe80::1%eth0%1", "fe80::1%an-interface-name", "2001:db8::1%eth0",
        "192.0.2.1%lo", "::1\0", "[::1\0]:53", " ::1", "ns1.example", "ns1.example:53", "localhost", "dead:53", "a.b",
    ]) func whatIsNoAddressIsNone(text: String) {
        #expect(NameServer(text: text) == nil)
    }

    @Test func bytesAndTextAreEachOthers() {
        #expect(AddressText.bytes("2001:db8::1").flatMap(AddressText.text) == "2001:db8::1")
        #expect(AddressText.bytes("192.0.2.1") == [192, 0, 2, 1])
        #expect(AddressText.text([1, 2, 3]) == nil)
        #expect(RecordData(address: "FD00::3") == .aaaa([0xfd] + Array(repeating: 0, count: 14) + [3]))
    }

    @Test func onlyWhatIPv6CantReachIsSetAside() {
        for (address, reason, isOut) in [
            ("2001:db8::1", DNSFailure.Reason.unreachable, true), ("2001:db8::1", .local, true),
            ("2001:db8::1", .timeout, false), ("2001:db8::1", .refusedConnection, false),
            ("192.0.2.1", .unreachable, false),
        ] {
            let failure = ServerAnswer.Failure(.exchange(reason), "")
            let answer = ServerAnswer(name: "ns1.example", server: NameServer(address), failure: failure)
            #expect(answer.isOutOfReach == isOut, "\(address) \(reason)")
        }
    }
}
