import Foundation
import Testing

@testable import StewardDNS

/// TSIG against BIND itself: what it accepts and how it refuses.
@Suite struct TSIGExchangeTests {
    private let zone = DomainName("example")!

    private func failure(
        _ named: Named, _ key: TSIGKey, ahead: Int = 0, _ message: Message? = nil
    ) async -> DNSFailure? {
        let client = DNSClient { UInt64(Int(Date().timeIntervalSince1970) + ahead) }
        do {
            if let message {
                _ = try await client.exchange(message, with: named.server, key: key)
            } else {
                _ = try await client.query(zone, .soa, from: named.server, key: key)
            }
            return nil
        } catch { return error }
    }

    @Test func everyAlgorithmIsAccepted() async throws {
        try await Named.with { named in
            for algorithm in TSIGKey.Algorithm.allCases {
                let name = try #require(DomainName(algorithm.rawValue + ".EXAMPLE"))
                let key = TSIGKey(name: name, algorithm: algorithm, secret: Named.secret)
                #expect(await failure(named, key) == nil)
            }
        }
    }

    @Test func aLargeSignedAnswerComesOverTCP() async throws {
        let records = (0..<95).map { "many A 10.0.0.\($0)\n" }.joined()
        try await Named.with(zone: Named.head + records) { named in
            let answer = try await DNSClient().query(
                DomainName("many.example")!, .a, from: named.server, key: Named.key)
            #expect(answer.answers.count == 95)
        }
    }

    @Test func aKeyThatTheServerDoesNotKnowAndAWrongSecretAndAWrongClockAreToldApart() async throws {
        try await Named.with { named in
            let unknown = TSIGKey(name: DomainName("nobody.key")!, secret: Named.secret)
            #expect(await failure(named, unknown)?.reason == .badKey)
            let algorithm = TSIGKey(name: Named.key.name, algorithm: .sha512, secret: Named.secret)
            #expect(await failure(named, algorithm)?.reason == .badKey)
            let wrong = TSIGKey(name: Named.key.name, secret: Array("another secret".utf8))
            #expect(await failure(named, wrong)?.reason == .badSignature)
            let late = await failure(named, Named.key, ahead: -1000)
            #expect(late?.reason == .badTime)
            let early = await failure(named, Named.key, ahead: 1000)
            #expect(early?.reason == .badTime)
            let text = try #require(early?.text)
            #expect(text.contains("behind") && (text.contains("1000 s") || text.contains("999 s")), "\(text)")
            #expect(await failure(named, Named.key, ahead: 200) == nil)
        }
    }

    @Test func anUpdateIsCarriedOutAndSeen() async throws {
        try await Named.with { named in
            let client = DNSClient()
            let owner = try #require(DomainName("_25._tcp.mail.example"))
            let record = ResourceRecord(owner, .tlsa, ttl: 60, .tlsa(TLSA(selector: 1, matching: 1, bytes: [1, 2])))
            var update = Message(id: 0, operation: .update)
            update.questions = [.init(zone, .soa)]
            // The RRset must not exist: class NONE, no data (RFC 2136, section 2.4.3).
            update.answers = [ResourceRecord(owner, .tlsa, ttl: 0, .other([]), recordClass: 254)]
            update.authority = [record]
            #expect(try await client.exchange(update, with: named.server, key: Named.key).code == 0)
            let answer = try await client.query(owner, .tlsa, from: named.server)
            #expect(answer.answers == [record])
            #expect(try await client.exchange(update, with: named.server, key: Named.key).code == 7)
            // Without a key it is refused, and that answer isn't signed.
            #expect(try await client.exchange(update, with: named.server, key: nil).code == 5)
            // Of the RRset, one record goes: class NONE with its data (section 2.5.4).
            update.answers = []
            update.authority = [ResourceRecord(owner, .tlsa, ttl: 0, record.data, recordClass: 254)]
            #expect(try await client.exchange(update, with: named.server, key: Named.key).code == 0)
            #expect(try await client.query(owner, .tlsa, from: named.server).code == 3)
        }
    }
}
