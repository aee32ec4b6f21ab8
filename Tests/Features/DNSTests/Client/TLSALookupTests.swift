import Testing

@testable import StewardDNS

@Suite struct TLSALookupTests {
    /// The answer to `question` with these records, or with the error `code`.
    private static func answer(
        to question: [UInt8], code: UInt16 = 0, _ records: (DomainName) -> [ResourceRecord] = { _ in [] }
    ) -> [UInt8] {
        guard var message = try? Message(bytes: question) else { return [] }
        message.isResponse = true
        message.code = code
        message.answers = records(message.questions[0].name)
        return message.encoded
    }

    private static func tlsa(_ owner: DomainName, _ bytes: [UInt8]) -> ResourceRecord {
        ResourceRecord(owner, .tlsa, ttl: 60, .tlsa(TLSA(selector: 1, matching: 1, bytes: bytes)))
    }

    private static let record = TLSA(selector: 1, matching: 1, bytes: [8, 9])

    @Test func recordsAreFoundUnderThePortsName() async throws {
        let answer: @Sendable ([UInt8]) -> [[UInt8]] = { question in
            let isAsked =
                (try? Message(bytes: question))?.questions == [.init(DomainName("_25._tcp.mail.example")!, .tlsa)]
            return [
                Self.answer(to: question, code: isAsked ? 0 : 3) { isAsked ? [Self.tlsa($0, [8, 9])] : [] }
            ]
        }
        try await StandInServer.with(answer) { server in
            let lookup = TLSALookup(server: server)
            #expect(await lookup.records(of: "mail.example", port: 25) == .records([Self.record]))
            #expect(await lookup.records(of: "mail.example", port: 443) == .records([]))
            #expect(await lookup.records(of: String(repeating: "a", count: 300), port: 25) == .records([]))
            #expect(await lookup.records(of: "mail\0.example", port: 25) == .records([]))
        }
    }

    @Test func recordsBehindAnAliasAreReadAndOthersPassedOver() async throws {
        let target = try #require(DomainName("target.example"))
        let answer: @Sendable ([UInt8]) -> [[UInt8]] = { question in
            [
                Self.answer(to: question) {
                    [
                        ResourceRecord($0, .cname, ttl: 60, .cname(target)), Self.tlsa(target, [8, 9]),
                        Self.tlsa(DomainName("elsewhere.example")!, [1]),
                    ]
                }
            ]
        }
        try await StandInServer.with(answer) { server in
            let found = await TLSALookup(server: server).records(of: "mail.example", port: 25)
            #expect(found == .records([Self.record]))
        }
    }

    @Test func manyAtOnceGetTheirOwnAnswers() async throws {
        try await StandInServer.with({ question in
            [Self.answer(to: question) { [Self.tlsa($0, $0.labels.dropFirst(2).first ?? [])] }]
        }) {
            server in
            let lookup = TLSALookup(server: server)
            await withTaskGroup(of: Bool.self) { group in
                for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
                    group.addTask {
                        let name = String(decoding: [letter], as: UTF8.self) + ".example"
                        let expected = TLSA(selector: 1, matching: 1, bytes: [letter])
                        return await lookup.records(of: name, port: 25) == .records([expected])
                    }
                }
                for await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func aServerThatFailsOrAnswersDamageLeavesItUnknown() async throws {
        func isUnknown(_ text: String, _ answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]) async throws -> Bool {
            try await StandInServer.with(answer) { server in
                let found = await TLSALookup(server: server).records(of: "a.example", port: 25)
                guard case .unknown(let reason) = found else { return false }
                return reason.hasPrefix(text)
            }
        }
        #expect(try await isUnknown("no name server answered") { [Self.answer(to: $0, code: 2)] })
        #expect(
            try await isUnknown("the name server's answer is damaged") { [Self.answer(to: $0) { [Self.tlsa($0, [])] }] }
        )
    }

    @Test func aForwarderWithoutEDNSIsAskedWithoutIt() async throws {
        let answer: @Sendable ([UInt8]) -> [[UInt8]] = { question in
            let isExtended = (try? Message(bytes: question))?.edns != nil
            return [Self.answer(to: question, code: isExtended ? 1 : 0) { isExtended ? [] : [Self.tlsa($0, [8, 9])] }]
        }
        try await StandInServer.with(answer) { server in
            let found = await TLSALookup(server: server).records(of: "mail.example", port: 25)
            #expect(found == .records([Self.record]))
        }
    }

    /// The look-up's own deadlines end it with another reason.
    @Test func aCancelledCallerIsNotKeptWaitingForASilentServer() async throws {
        try await StandInServer.with({ _ in [] }) { server in
            let lookup = TLSALookup(server: server)
            let task = Task { await lookup.records(of: "a.example", port: 25) }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            #expect(await task.value == .unknown("it was cancelled"))
        }
    }

    @Test func resolvConfIsReadAsTheCLibraryDoes() {
        let text = """
            # nameserver 192.0.2.9
            ; nameserver 192.0.2.8
            search example.com
            nameserver 192.0.2.1
            nameserver\t2001:db8::1
            nameserver fe80::1%eth0
            nameserver 192.0.2.4
            options rotate timeout:1 attempts:99 ndots:x timeout:
            """
        let configuration = ResolverConfiguration(text)
        #expect(configuration.servers.map(\.address) == ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
        #expect(configuration.timeout == .seconds(1) && configuration.attempts == 5)
        let empty = ResolverConfiguration("")
        #expect(empty.servers == [NameServer("127.0.0.1")])
        #expect(empty.timeout == .seconds(5) && empty.attempts == 2)
    }

    @Test func aDeadResolverIsPassedOver() async throws {
        let dead = NameServer("127.0.0.1", port: try Named.freePort())
        try await Named.with { named in
            var configuration = ResolverConfiguration("options timeout:1")
            configuration.servers = [dead, named.server]
            let answer = try await StubResolver(configuration).query(DomainName("ns1.example")!, .a)
            #expect(answer.answers.count == 1)
        }
    }
}
