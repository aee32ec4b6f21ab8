import Foundation
import StewardCertificates
import StewardDNS
import Synchronization
import Testing

@testable import StewardDANE

/// Against BIND's named, named-checkzone and rndc.
@Suite(.serialized) struct FilePublisherTests {
    static let (k1, k2, foreign) = (TestPrimary.data(1), TestPrimary.data(2), TestPrimary.data(9))
    static let record = "_25._tcp.mail 600 IN TLSA \(foreign) ; theirs\n"
    static let signed = "dnssec-policy default; inline-signing yes;"

    @Test("A record is added, its TTL changed, and taken away; every other byte is as it was")
    func plain() async throws {
        let primary = try await TestPrimary(TestPrimary.head + Self.record + "; the end", settings: "")
        chmod(primary.file, 0o640)
        let publisher = primary.files()
        try await publisher.publish(.test([Self.foreign], add: [Self.k1], ttl: 600))
        #expect(try await primary.served() == ServedSet(records: [Self.k1, Self.foreign], ttl: 600))
        #expect(try await primary.serial() == 2_026_112_501)
        let text = TestPrimary.head.replacingOccurrences(of: "2024010101", with: "2026112501") + Self.record
        #expect(try primary.read("example.zone") == text + "_25._tcp.mail 600 IN TLSA \(Self.k1)\n; the end")
        try await publisher.publish(.test([Self.k1, Self.foreign], ttl: 60))
        #expect(try await primary.served() == ServedSet(records: [Self.k1, Self.foreign], ttl: 60))
        try await publisher.publish(.test([Self.k1, Self.foreign], remove: [Self.k1], ttl: 600))
        #expect(try await primary.served() == ServedSet(records: [Self.foreign], ttl: 600))
        #expect(try primary.read("example.zone") == text.replacingOccurrences(of: "2501", with: "2503") + "; the end")
        let facts = try FileManager.default.attributesOfItem(atPath: primary.file)
        #expect(facts[.posixPermissions] as? Int == 0o640)
        #expect(try primary.leftovers() == [])
    }

    @Test("A change that is there already writes nothing")
    func idle() async throws {
        let primary = try await TestPrimary(TestPrimary.head + Self.record, settings: "")
        try await primary.files().publish(.test([Self.foreign], add: [Self.foreign], ttl: 600))
        #expect(try primary.read("example.zone") == TestPrimary.head + Self.record)
    }

    @Test("A zone that BIND signs inline counts its serials for itself")
    func inlineSigned() async throws {
        let primary = try await TestPrimary(settings: Self.signed)
        try await primary.files().publish(.test([], add: [Self.k1]))
        try await primary.files().publish(.test([Self.k1], add: [Self.k2], ttl: 60))
        #expect(try await primary.served() == ServedSet(records: [Self.k1, Self.k2], ttl: 60))
        #expect(try primary.read("example.zone").contains("2026112502"))
    }

    @Test("A serial that was set back by hand is raised until the zone is served")
    func serialInTheWay() async throws {
        let primary = try await TestPrimary(
            TestPrimary.head.replacingOccurrences(of: "2024010101", with: "2026112507"), settings: Self.signed)
        try primary.write("example.zone", TestPrimary.head.replacingOccurrences(of: "2024010101", with: "2026112502"))
        var publisher = primary.files()
        publisher.patience = .seconds(2)
        try await publisher.publish(.test([], add: [Self.k1]))
        #expect(try await primary.served().records == [Self.k1])
    }

    @Test("A dynamic zone is frozen; what came by update stays, and updates work afterwards")
    func dynamic() async throws {
        let primary = try await TestPrimary()
        try await primary.update(TestPrimary.other).publish(.test([], add: [Self.foreign]))
        try await primary.files(freeze: true).publish(.test([Self.foreign], add: [Self.k1]))
        #expect(try await primary.served().records == [Self.k1, Self.foreign])
        try await primary.update().publish(.test([Self.k1, Self.foreign], remove: [Self.k1]))
        try await primary.files(freeze: true).publish(.test([Self.foreign], add: [Self.foreign]))
        try await primary.update().publish(.test([Self.foreign], add: [Self.k2]))
        #expect(try primary.leftovers() == [])
    }

    @Test("A zone that somebody else froze is left alone; one that a dead Steward froze is not")
    func frozen() async throws {
        let primary = try await TestPrimary()
        try primary.rndc("freeze", "example")
        let text = try primary.read("example.zone")
        let failure = await primary.files(freeze: true).failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "frozen" && failure?.text.contains("thaw example") == true)
        #expect(try primary.read("example.zone") == text)
        try primary.write(".example.zone.steward-frozen", "")
        try await primary.files(freeze: true).publish(.test([], add: [Self.k1]))
        try await primary.update().publish(.test([Self.k1], add: [Self.k2]))
    }

    @Test("A reload that says that all is well and serves nothing is found, and the file put back")
    func emptyPromise() async throws {
        let primary = try await TestPrimary(settings: "")
        let failure = await primary.files(rndc: ["true"], patience: 1).failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "not-served" && failure?.isPassing == true)
        #expect(failure?.text.contains("'true reload example' said that all is well") == true)
        #expect(try primary.read("example.zone") == TestPrimary.head)
        #expect(try primary.leftovers() == [])
    }

    @Test("A file that BIND doesn't take is put back, and the failure has named's words")
    func broken() async throws {
        let primary = try await TestPrimary(settings: "")
        try primary.write("example.zone", TestPrimary.head + "broken IN A not-an-address\n")
        let notices = Mutex<[Finding]>([])
        var publisher = primary.files(patience: 1)
        publisher.notice = { finding in notices.withLock { $0.append(finding) } }
        let failure = await publisher.failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "not-served")
        #expect(failure?.text.contains("bad dotted quad") == true, "\(failure?.text ?? "")")
        #expect(notices.withLock { $0.first }?.text.contains("example.zone:6") == true)
        #expect(try primary.read("example.zone") == TestPrimary.head + "broken IN A not-an-address\n")
    }

    @Test("What named-checkzone refuses is never written")
    func invalid() async throws {
        let primary = try await TestPrimary(settings: "")
        var publisher = primary.files()
        publisher.checkzone = ["sh", "-c", "if grep -q 01010101; then echo 'no good'; exit 1; fi"]
        let failure = await publisher.failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "zone-invalid" && failure?.text.contains("no good") == true)
        #expect(try primary.read("example.zone") == TestPrimary.head)
    }

    @Test("rndc that reaches nobody: the file is put back")
    func noControl() async throws {
        let primary = try await TestPrimary(settings: "")
        let publisher = primary.files(rndc: primary.rndc + ["-p", "\(try TestPrimary.freePort())"], patience: 1)
        let failure = await publisher.failure(.test([], add: [Self.k1]))
        #expect(failure?.code == "not-served" && failure?.text.contains("connection refused") == true)
        #expect(try primary.read("example.zone") == TestPrimary.head)
    }

    @Test("A dead server: nothing is written")
    func dead() async throws {
        let primary = try await TestPrimary(settings: "")
        primary.stop()
        #expect(await primary.files().failure(.test([], add: [Self.k1]))?.code == "unreachable")
        #expect(try primary.read("example.zone") == TestPrimary.head)
    }

    @Test("Others' changes on the wire, in the file, and while it is being changed, are conflicts")
    func conflicts() async throws {
        let primary = try await TestPrimary(TestPrimary.head + Self.record, settings: "")
        #expect(await primary.files().failure(.test([], add: [Self.k1]))?.code == "conflict")
        try primary.write("example.zone", TestPrimary.head + "_25._tcp.mail IN TLSA \(Self.k2)\n")
        let edited = await primary.files().failure(.test([Self.foreign], add: [Self.k1]))
        #expect(edited?.code == "conflict" && edited?.text.contains("example.zone:6") == true)
        try primary.write("example.zone", TestPrimary.head + Self.record)
        var publisher = primary.files()
        publisher.checkzone = ["sh", "-c", "echo '; my note' >> \(primary.file)"]
        let meanwhile = await publisher.failure(.test([Self.foreign], add: [Self.k1]))
        #expect(meanwhile?.code == "conflict")
        #expect(try primary.read("example.zone") == TestPrimary.head + Self.record + "; my note\n")
        #expect(try primary.leftovers() == [])
    }

    @Test("Foreign records of an included file stay; own ones there are refused, with the line")
    func included() async throws {
        let primary = try await TestPrimary(TestPrimary.head, settings: "")
        try primary.write("more.zone", Self.record)
        let text = TestPrimary.head + "$INCLUDE more.zone\n"
        try primary.write("example.zone", text)
        try primary.rndc("reload", "example")
        while try await primary.served().records.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        var publisher = primary.files()
        publisher.checkzone = []
        try await publisher.publish(.test([Self.foreign], add: [Self.k1], ttl: 600))
        #expect(try await primary.served().records == [Self.k1, Self.foreign])
        let failure = await publisher.failure(.test([Self.k1, Self.foreign], remove: [Self.foreign], ttl: 600))
        #expect(failure?.code == "zone-unreadable" && failure?.text.contains("example.zone:7") == true)
    }

    @Test("A crash between writing and reloading is repaired, whatever is wanted then", arguments: [1, 2] as [UInt8])
    func crash(then: UInt8) async throws {
        let primary = try await TestPrimary(settings: "")
        var file = ZoneFile(Array(TestPrimary.head.utf8), zone: TestPrimary.zone)
        try file.change(TestPrimary.owner, add: [Self.k1], remove: [], ttl: 3600)
        let serial = try file.raiseSerial(now: 1_795_600_000)
        try ZoneOnDisk(primary.file).begin(.init(old: Array(TestPrimary.head.utf8), new: file.bytes, serial: serial))
        #expect(try primary.leftovers() == ["example.zone.steward-before"])
        try await primary.files().publish(.test([], add: [TestPrimary.data(then)]))
        #expect(try await primary.served().records == [TestPrimary.data(then)])
        #expect(try primary.leftovers() == [])
        #expect(try await primary.serial().map { ZoneSerial.isAfter($0, serial) } == true)
    }

    @Test("A crash before writing leaves nothing behind; edits after a crash are kept")
    func crashEarly() async throws {
        let primary = try await TestPrimary(settings: "")
        let old = Array(TestPrimary.head.utf8)
        try primary.write("example.zone.steward-before", "; steward: before 00\n" + TestPrimary.head)
        try await primary.files().publish(.test([], add: [Self.k1]))
        #expect(try primary.leftovers() == [])
        try ZoneOnDisk(primary.file).begin(
            .init(old: Array(try primary.read("example.zone").utf8), new: old, serial: 1))
        try primary.write("example.zone", TestPrimary.head + "; edited\n_25._tcp.mail IN TLSA \(Self.k1)\n")
        try await primary.files().publish(.test([Self.k1], add: [Self.k2]))
        #expect(try primary.leftovers().count == 1)
        #expect(try primary.read("example.zone").contains("; edited"))
    }

    @Test("Two at the same file take turns")
    func together() async throws {
        let primary = try await TestPrimary(settings: "")
        let owners = ["_25._tcp.mail.example", "_465._tcp.mail.example", "_587._tcp.mail.example"].map {
            DomainName($0)!
        }
        try await withThrowingTaskGroup { group in
            for owner in owners {
                group.addTask { try await primary.files().publish(.test([], add: [Self.k1], owner: owner)) }
            }
            try await group.waitForAll()
        }
        for owner in owners { #expect(try await primary.served(owner).records == [Self.k1]) }
    }

    @Test("A symlink to the zone file stays one")
    func symlink() async throws {
        let primary = try await TestPrimary(settings: "")
        let link = primary.folder + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "example.zone")
        var publisher = primary.files()
        publisher.path = link
        try await publisher.publish(.test([], add: [Self.k1]))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "example.zone")
        #expect(try await primary.served().records == [Self.k1])
    }
}

extension TestPrimary {
    /// A publisher of its zone file, on 2026-11-25.
    func files(rndc: [String]? = nil, patience: Int = 5, freeze: Bool = false) -> FilePublisher {
        var publisher = FilePublisher(
            zone: Self.zone, path: file, server: server, exchange: client, rndc: rndc ?? self.rndc, freeze: freeze,
            now: { 1_795_600_000 })
        publisher.patience = .seconds(patience)
        return publisher
    }

    /// What Steward left in its folder.
    func leftovers() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("steward-") }.sorted()
    }
}
