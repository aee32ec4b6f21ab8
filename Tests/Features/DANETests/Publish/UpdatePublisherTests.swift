import Foundation
import StewardCertificates
import StewardDNS
import Synchronization
import Testing

@testable import StewardDANE

/// Against BIND's named.
@Suite(.serialized) struct UpdatePublisherTests {
    static let (k1, k2, foreign) = (TestPrimary.data(1), TestPrimary.data(2), TestPrimary.data(9))

    @Test("A set is made, grows, changes its TTL and shrinks; foreign records stay")
    func life() async throws {
        let primary = try await TestPrimary(TestPrimary.head + "_25._tcp.mail 600 IN TLSA \(Self.foreign)\n")
        let publisher = primary.update()
        try await publisher.publish(.test([Self.foreign], add: [Self.k1]))
        #expect(try await primary.served() == ServedSet(records: [Self.k1, Self.foreign], ttl: 3600))
        let serial = try #require(try await primary.serial())
        try await publisher.publish(.test([Self.k1, Self.foreign], add: [Self.k1]))
        #expect(try await primary.serial() == serial)
        try await publisher.publish(.test([Self.k1, Self.foreign], ttl: 300))
        #expect(try await primary.served() == ServedSet(records: [Self.k1, Self.foreign], ttl: 300))
        try await publisher.publish(.test([Self.k1, Self.foreign], add: [Self.k2], remove: [Self.k1], ttl: 60))
        #expect(try await primary.served() == ServedSet(records: [Self.k2, Self.foreign], ttl: 60))
        try await publisher.publish(.test([Self.k2, Self.foreign], remove: [Self.k2], ttl: 60))
        #expect(try await primary.served() == ServedSet(records: [Self.foreign], ttl: 60))
    }

    @Test("Over IPv6 it is the same, signed and with rndc", .enabled(if: IPv6.isThere, "there is no IPv6"))
    func sixth() async throws {
        let primary = try await TestPrimary(address: "::1")
        #expect(primary.update().place == "UPDATE to [::1]:\(primary.server.port)")
        try await primary.update().publish(.test([], add: [Self.k1]))
        #expect(try await primary.served() == ServedSet(records: [Self.k1], ttl: 3600))
        #expect(try primary.rndc("status") == 0)
        let wrong = TSIGKey(name: TestPrimary.key.name, secret: Array("another secret".utf8))
        let failure = await primary.update(wrong).failure(.test([Self.k1], add: [Self.k2]))
        #expect(failure?.text.contains("[::1]:\(primary.server.port)") == true, "\(failure?.text ?? "")")
        primary.stop()
        #expect(await primary.update().failure(.test([Self.k1], add: [Self.k2]))?.code == "unreachable")
    }

    @Test("A name without records gets its first, and loses its last")
    func firstAndLast() async throws {
        let primary = try await TestPrimary()
        try await primary.update().publish(.test([], add: [Self.k1]))
        try await primary.update().publish(.test([Self.k1], remove: [Self.k1]))
        #expect(try await primary.served().records == [])
    }

    @Test("A change that is there already, seen from before it, is no failure")
    func repeated() async throws {
        let primary = try await TestPrimary()
        try await primary.update().publish(.test([], add: [Self.k1]))
        try await primary.update().publish(.test([], add: [Self.k1]))
        #expect(try await primary.served().records == [Self.k1])
    }

    @Test("A second writer between look and update is a conflict, and nothing is changed")
    func conflict() async throws {
        let primary = try await TestPrimary()
        try await primary.update(TestPrimary.other).publish(.test([], add: [Self.foreign]))
        for present in [[], [Self.k2]] {
            let failure = await primary.update().failure(.test(present, add: [Self.k1]))
            #expect(failure?.code == "conflict" && failure?.isPassing == true)
            #expect(failure?.text.contains("0909090909") == true)
        }
        #expect(try await primary.served().records == [Self.foreign])
    }

    @Test("While sets are replaced 50 times, whoever asks finds one")
    func neverEmpty() async throws {
        let primary = try await TestPrimary(TestPrimary.head + "_25._tcp.mail IN TLSA \(TestPrimary.data(100))\n")
        let finished = Atomic(false)
        async let looks = Task {
            var counts: [Int] = []
            while !finished.load(ordering: .relaxed) { counts.append(try await primary.served().records.count) }
            return counts
        }.value
        for byte in UInt8(100)..<150 {
            let (old, new) = (TestPrimary.data(byte), TestPrimary.data(byte + 1))
            try await primary.update().publish(.test([old], add: [new], remove: [old], ttl: UInt32(byte)))
        }
        finished.store(true, ordering: .relaxed)
        let counts = try await looks
        #expect(counts.count > 20)
        #expect(counts.allSatisfy { $0 == 1 })
    }

    @Test("A TTL that max-zone-ttl cuts is noticed and named")
    func cutTTL() async throws {
        let primary = try await TestPrimary(
            TestPrimary.head.replacingOccurrences(of: "3600", with: "100"),
            settings: TestPrimary.policy + " max-zone-ttl 120;")
        let notices = Mutex<[Finding]>([])
        var publisher = primary.update()
        publisher.notice = { finding in notices.withLock { $0.append(finding) } }
        try await publisher.publish(.test([], add: [Self.k1], ttl: 3600))
        #expect(try await primary.served().ttl == 120)
        let finding = try #require(notices.withLock { $0.first })
        #expect(finding.code == "ttl-cut" && finding.text.contains("max-zone-ttl 120"))
    }

    @Test("A refusal names the line of update-policy that is missing; with it, it works")
    func refused() async throws {
        let other = try #require(DomainName("_465._tcp.mail.example"))
        let primary = try await TestPrimary()
        let failure = await primary.update().failure(.test([], add: [Self.k1], owner: other))
        #expect(failure?.code == "refused" && failure?.isPassing == false)
        let line = "update-policy { grant steward-key name _465._tcp.mail.example. TLSA; };"
        #expect(failure?.text.contains(line) == true)
        try primary.write(
            "named.conf", try primary.read("named.conf").replacingOccurrences(of: TestPrimary.policy, with: line))
        try primary.rndc("reconfig")
        try await primary.update().publish(.test([], add: [Self.k1], owner: other))
    }

    @Test("A zone without dynamic updates refuses")
    func notDynamic() async throws {
        let primary = try await TestPrimary(settings: "")
        #expect(await primary.update().failure(.test([], add: [Self.k1]))?.code == "refused")
    }

    @Test("An unknown key, a wrong secret and a wrong clock are told apart")
    func keys() async throws {
        let primary = try await TestPrimary()
        let change = RRsetChange.test([], add: [Self.k1])
        var key = TestPrimary.key
        key.secret.append(1)
        let secret = await primary.update(key).failure(change)
        #expect(secret?.code == "bad-signature" && secret?.mayBeThere == false)
        key.name = try #require(DomainName("nobody"))
        #expect(await primary.update(key).failure(change)?.code == "bad-key")
        let slow = DNSClient(clock: { UInt64(time(nil) - 1000) })
        let failure = await primary.update(client: slow).failure(change)
        #expect(failure?.code == "bad-time" && failure?.isPassing == true)
        #expect(failure?.text.contains("1000 s") == true || failure?.text.contains("999 s") == true)
        try await primary.update(client: DNSClient(clock: { UInt64(time(nil) - 200) })).publish(change)
    }

    @Test("Another zone and a zone that isn't served are told apart")
    func zones() async throws {
        let primary = try await TestPrimary()
        let (other, owner) = (DomainName("other")!, DomainName("_25._tcp.mail.other")!)
        #expect(await primary.update().failure(.test([], add: [Self.k1], owner: owner))?.code == "not-zone")
        let failure = await primary.update().failure(.test([], add: [Self.k1], owner: owner, zone: other))
        #expect(failure?.code == "not-authoritative")
    }

    @Test("An alias at the name is found: BIND takes the update and ignores it")
    func alias() async throws {
        let primary = try await TestPrimary(
            TestPrimary.head + "_25._tcp.mail IN CNAME tlsa.mail\ntlsa.mail IN A 127.0.0.1\n")
        let failure = await primary.update().failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "not-served")
        #expect(failure?.text.contains("alias (CNAME) of tlsa.mail.example.") == true)
    }

    @Test("A dead server is unreachable; a silent one may have made the change")
    func dead() async throws {
        let primary = try await TestPrimary()
        primary.stop()
        let failure = await primary.update().failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "unreachable" && failure?.isPassing == true)
    }
}
