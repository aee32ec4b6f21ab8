import Foundation
import Testing

@testable import StewardDNS

@Suite struct ZoneServersTests {
    private let tlsa = ServerAnswer.Question(DomainName("_25._tcp.a.test")!, .tlsa)
    private let none = ServerAnswer.Question(DomainName("none.test")!, .tlsa)
    private let alias = ServerAnswer.Question(DomainName("alias.test")!, .a)

    /// Refuses every look-up: what is listed needs none.
    private struct NoResolver: Resolving {
        func resolve(_ name: DomainName, _ type: RecordType) async -> Resolution {
            Resolution(name: name, type: type, security: .failed("nobody is to be asked"))
        }
    }

    /// One that waits for servers that answer, and one for tests of silence.
    private let patient = DNSClient(limits: .init(tryTime: .seconds(3), tries: 3))
    private let quick = DNSClient(limits: .init(tryTime: .milliseconds(700), tries: 2))

    /// `ns1` has an IPv4 address, `ns2` one of each kind.
    private struct BothKinds: Resolving {
        func resolve(_ name: DomainName, _ type: RecordType) async -> Resolution {
            let data: [RecordData] =
                switch (name.host, type) {
                case ("test", .ns): [.ns(DomainName("ns2.test")!), .ns(DomainName("ns1.test")!)]
                case ("ns1.test", .a): [.a([192, 0, 2, 1])]
                case ("ns2.test", .a): [.a([192, 0, 2, 2])]
                case ("ns2.test", .aaaa): [RecordData(address: "2001:db8:0::2")!]
                default: []
                }
            return Resolution(
                name: name, type: type, security: .secure, records: data.map { ResourceRecord(name, type, ttl: 60, $0) }
            )
        }
    }

    @Test func eachAddressOfBothKindsIsAPlace() async throws {
        let servers = ZoneServers(resolver: BothKinds(), exchange: quick)
        let places = try await servers.places(of: DomainName("test")!)
        #expect(
            places.map { "\($0.name) \($0.server)" } == [
                "ns1.test 192.0.2.1:53", "ns2.test 192.0.2.2:53", "ns2.test [2001:db8::2]:53",
            ])
        #expect(places.allSatisfy { $0.failure == nil })
    }


    @Test func aServerSaysWhatItServesAndHowLongItIsSigned() async throws {
        try await SignedRoot.with { root in
            let servers = ZoneServers(resolver: NoResolver(), exchange: patient)
            let zone = try #require(DomainName("test"))
            let answers = try await servers.ask(zone, [tlsa, none, alias], listed: [root.server])
            let answer = try #require(answers.first)
            #expect(answers.count == 1 && answer.failure == nil && answer.server == root.server)
            #expect(answer.serial == 1 && answer.negativeTTL == 30)
            let set = try #require(answer.sets[tlsa])
            #expect(set.records.count == 1 && set.ttl == 60 && set.signatures.count == 1 && !set.isMissingName)
            let now = Int64(Date().timeIntervalSince1970)
            let until = try #require(set.signedUntil(now: now))
            // dnssec-signzone signs for 30 days unless told otherwise.
            #expect((29 * 86_400...30 * 86_400).contains(until - now))
            #expect(answer.sets[none]?.isMissingName == true && answer.sets[none]?.ttl == 30)
            #expect(answer.sets[alias]?.alias == DomainName("a.test"))
        }
    }

    @Test func eachWayToFailIsToldApart() async throws {
        let lame: @Sendable ([UInt8]) -> [[UInt8]] = { question in
            guard var message = try? Message(bytes: question) else { return [] }
            message.isResponse = true
            return [message.encoded]
        }
        let silent = NameServer("127.0.0.1", port: try Named.freePort())
        try await Named.with { named in
            try await StandInServer.with(lame) { lame in
                try await StandInServer.with({ _ in [] }) { deaf in
                    let servers = ZoneServers(resolver: NoResolver(), exchange: quick)
                    let zone = try #require(DomainName("example"))
                    let answers = try await servers.ask(zone, [], listed: [named.server, lame, deaf, silent])
                    #expect(answers.map(\.server) == [named.server, lame, deaf, silent])
                    #expect(
                        answers.map(\.failure?.reason) == [
                            nil, .notAuthoritative, .exchange(.timeout), .exchange(.refusedConnection),
                        ])
                    let other = try await servers.ask(DomainName("test")!, [], listed: [named.server])
                    #expect(other[0].failure?.reason == .code(5))
                    #expect(other[0].failure?.text.contains("REFUSED") == true)
                }
            }
        }
    }

    @Test func anNSLookUpThatFailsIsTold() async throws {
        let servers = ZoneServers(resolver: NoResolver(), exchange: quick)
        let failure = await #expect(throws: ZoneServers.Failure.self) {
            try await servers.ask(DomainName("test")!, [])
        }
        #expect(failure?.text == "the NS records of test. can't be had: nobody is to be asked")
        await #expect(throws: ZoneServers.Failure.self) { try await servers.zone(of: DomainName("a.test")!) }
    }

    @Test func anExpirationIsTheMomentNearestToNow() {
        var signature = Signature(
            covers: .a, algorithm: 13, labels: 1, originalTTL: 1, expiration: 10, inception: 0, keyTag: 0,
            signer: .root, signature: [])
        #expect(signature.expires(near: 1 << 32) == (1 << 32) + 10)
        signature.expiration = .max
        #expect(signature.expires(near: 1 << 32) == (1 << 32) - 1)
    }
}
