import Foundation
import Testing

@testable import StewardDNS

@Suite struct DNSClientTests {
    private let client = DNSClient()

    /// Records of many types, whose text dig prints.
    private static let zone =
        Named.head + """
            a A 192.0.2.1
            aaaa AAAA 2001:db8::1
            v4mapped AAAA ::ffff:192.0.2.1
            alias CNAME a
            sub DNAME elsewhere.example.net.
            mx MX 10 mail.example.
            mx MX 20 mail2.example.
            _25._tcp.mail TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            _25._tcp.mail TLSA 2 0 0 abcd
            child NS ns.child.example.
            child DS 12345 8 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            ns.child A 192.0.2.9
            txt TXT "one \\"quoted\\"; two" "back\\\\slash" "\\000\\255"
            ptr PTR a.example.
            srv SRV 1 2 3 mail.example.
            naptr NAPTR 10 20 "u" "E2U+sip" "!^.*$!sip:a@example!" .
            caa CAA 0 issue "letsencrypt.org"
            rp RP mail.example. txt.example.
            minfo MINFO mail.example. mail2.example.
            afsdb AFSDB 1 mail.example.
            hinfo HINFO "PC" "Linux"
            sshfp SSHFP 1 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            loc LOC 51 30 12.748 N 0 7 39.611 W 0m 0m 0m 0m
            https HTTPS 1 . alpn=h2
            unknown TYPE4711 \\# 4 deadbeef
            we\\.ird\\032name A 192.0.2.3
            mail A 192.0.2.2
            mail2 A 192.0.2.2

            """

    /// The words of a line of dig, letters' case aside where hex or names may differ.
    private func words(_ line: some StringProtocol) -> String {
        line.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
    }

    @Test func everyRecordReadsAsDigReadsIt() async throws {
        try await Named.with(zone: Self.zone) { named in
            let names = Set(Self.zone.split(separator: "\n").dropFirst(4).compactMap { $0.split(separator: " ").first })
            var seen = 0
            for owner in names {
                let name = try #require(DomainName(String(owner) + ".example."))
                let answer = try await client.query(name, .any, from: named.server)
                for isRaw in [false, true] {
                    let text = try Named.run(
                        "/usr/bin/dig",
                        ["+noall", "+answer", "+authority", "+additional", "+nottlid", "+tcp", "+norecurse", "+dnssec"]
                            + (isRaw ? ["+unknownformat"] : [])
                            + ["-p", "\(named.server.port)", "@127.0.0.1", name.description, "ANY"])
                    let lines = text.split(separator: "\n").filter { !$0.hasPrefix(";") }.map { words($0) }
                    let ours = (answer.answers + answer.authority + answer.additional).map { record in
                        guard isRaw else { return record }
                        var raw = record
                        raw.data = .other(record.data.wire)
                        return raw
                    }
                    #expect(ours.count == lines.count, "\(name) \(lines)")
                    for record in ours {
                        // dig has texts of its own for types that have none here; the raw pass compares those.
                        let text = record.description
                        if !isRaw, text.contains("\\# "), record.type.rawValue != 4711 { continue }
                        let expected =
                            isRaw
                            ? "\(record.name) class1 type\(record.type.rawValue) \\# \(record.data.wire.count) "
                                + TLSA(selector: 0, matching: 0, bytes: record.data.wire).hex
                            : text.replacingOccurrences(of: " \(record.ttl) IN", with: " IN")
                        let isThere = lines.contains { Self.joined($0, isRaw) == Self.joined(words(expected), isRaw) }
                        #expect(isThere, "\(expected) is not among \(lines)")
                        seen += 1
                    }
                }
            }
            #expect(seen > 60)
        }
    }

    /// dig breaks long hex into pieces.
    private static func joined(_ text: String, _ isRaw: Bool) -> String {
        let words = text.split(separator: " ")
        let head = isRaw ? 5 : 6
        return words.prefix(head).joined(separator: " ") + words.dropFirst(head).joined()
    }

    @Test func aLargeAnswerComesOverTCP() async throws {
        let records = (0..<95).map { "many A 10.0.0.\($0)\n" }.joined()
        try await Named.with(zone: Named.head + records) { named in
            let answer = try await client.query(DomainName("many.example")!, .a, from: named.server)
            #expect(answer.answers.count == 95)
            #expect(!answer.isTruncated && answer.isAuthoritative && answer.code == 0)
        }
    }

    @Test func aNameThatDoesNotExistAndOneWithoutTheTypeDiffer() async throws {
        try await Named.with { named in
            let none = try await client.query(DomainName("none.example")!, .a, from: named.server)
            #expect(none.code == 3 && none.authority.first?.type == .soa)
            let other = try await client.query(DomainName("ns1.example")!, .tlsa, from: named.server)
            #expect(other.code == 0 && other.answers.isEmpty && other.authority.first?.type == .soa)
            let refused = try await client.query(DomainName("elsewhere.test")!, .a, from: named.server)
            #expect(refused.code == 5)
        }
    }

    @Test func aThousandQuestionsAtOnceAreAnswered() async throws {
        try await Named.with { [client] named in
            let answered = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<1000 {
                    group.addTask {
                        (try? await client.query(DomainName("ns1.example")!, .a, from: named.server))?.answers.count
                            == 1
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(answered == 1000)
        }
    }

    @Test func whereNothingListensThatIsSaid() async throws {
        let server = NameServer("127.0.0.1", port: try Named.freePort())
        let failure = await #expect(throws: DNSFailure.self) {
            try await client.query(DomainName("a.example")!, .a, from: server)
        }
        #expect(failure?.reason == .refusedConnection)
        #expect(failure?.server == server)
        var update = Message(id: 0, operation: .update)
        update.questions = [.init(DomainName("example")!, .soa)]
        let other = await #expect(throws: DNSFailure.self) {
            try await client.exchange(update, with: server, key: nil)
        }
        #expect(other?.reason == .refusedConnection)
        let wrong = await #expect(throws: DNSFailure.self) {
            try await client.query(.root, .ns, from: NameServer("localhost"))
        }
        #expect(wrong?.reason == .local)
    }
}
