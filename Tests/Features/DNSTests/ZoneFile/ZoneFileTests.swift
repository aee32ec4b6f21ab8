import Testing

@testable import StewardDNS

@Suite struct ZoneFileTests {
    static let zone = DomainName("example")!
    static let owner = DomainName("_25._tcp.mail.example")!
    static let key = owner.description
    static let fresh = TLSA(usage: 3, selector: 1, matching: 1, bytes: Array(repeating: 0xd4, count: 32))

    static func line(_ ttl: UInt32, _ data: TLSA) -> String { "\(ttl) \(data)" }

    @Test("The lines of a file are all of it", arguments: ZoneFixture.all)
    func lossless(fixture: ZoneFixture) throws {
        let file = ZoneFile(fixture.bytes, zone: Self.zone)
        #expect(file.entries.flatMap { fixture.bytes[$0.line.range] } == fixture.bytes)
        #expect(file.findings.isEmpty)
    }

    @Test("A record of another class is named, as BIND refuses it")
    func otherClass() throws {
        let text = "$TTL 1h\n@ SOA ns1 admin 9 3600 900 604800 300\n_25._tcp.mail CH TXT x\n"
        let file = ZoneFile(Array(text.utf8), zone: Self.zone)
        #expect(file.findings.map(\.line) == [3])
        #expect(try CompiledZone(Array(text.utf8)) == nil)
    }

    @Test("It reads the records that BIND reads", arguments: ZoneFixture.all)
    func agrees(fixture: ZoneFixture) throws {
        let bind = try #require(try CompiledZone(fixture.bytes))
        let file = ZoneFile(fixture.bytes, zone: Self.zone)
        // BIND gives a whole RRset the TTL of its first record.
        let records = file.tlsa(Self.owner)
        let own = Set(records.map { Self.line(records[0].ttl ?? 0, $0.data) })
        #expect(own == Set(bind.tlsa(Self.key)))
        #expect(file.serial == bind.serial)
        guard file.generators.isEmpty else { return }
        let heads = Set(
            file.entries.compactMap(\.record).map { "\($0.owner.description.lowercased()) \($0.ttl ?? 0)" })
        #expect(heads == Set(bind.records.map { $0.split(separator: " ")[..<2].joined(separator: " ").lowercased() }))
    }

    @Test("Adding a record changes nothing else in BIND's eyes", arguments: ZoneFixture.all)
    func adds(fixture: ZoneFixture) throws {
        var file = ZoneFile(fixture.bytes, zone: Self.zone)
        let old = file.tlsa(Self.owner)
        let ttl = old.first?.ttl ?? 1234
        try file.change(Self.owner, add: [Self.fresh], remove: [], ttl: ttl)
        try expect(file, fixture, Set(old.map(\.data) + [Self.fresh]), ttl)
        let lines = Set(fixture.bytes.split(separator: 10).map(Array.init))
        let changed = file.bytes.split(separator: 10).filter { !lines.contains(Array($0)) }
        #expect(changed.count <= 2 + (Set(old.map(\.ttl)).count - 1), "\(String(decoding: file.bytes, as: UTF8.self))")
    }

    @Test("Taking a record away leaves its heirs their owner", arguments: ZoneFixture.all)
    func removes(fixture: ZoneFixture) throws {
        let whole = ZoneFile(fixture.bytes, zone: Self.zone)
        let data = Set(whole.tlsa(Self.owner).map(\.data))
        for gone in data {
            var file = whole
            let ttl = file.tlsa(Self.owner).first { $0.data != gone }?.ttl ?? 300
            try file.change(Self.owner, add: [], remove: [gone], ttl: ttl)
            try expect(file, fixture, data.subtracting([gone]), ttl)
        }
        var file = whole
        try file.change(Self.owner, add: [], remove: Array(data), ttl: 1)
        try expect(file, fixture, [], 1)
    }

    @Test("All is replaced, with another TTL and serial, and back again", arguments: ZoneFixture.all)
    func replaces(fixture: ZoneFixture) throws {
        var file = ZoneFile(fixture.bytes, zone: Self.zone)
        let data = Set(file.tlsa(Self.owner).map(\.data))
        let serial = try #require(file.serial)
        try file.change(Self.owner, add: [Self.fresh], remove: Array(data), ttl: 4711)
        let raised = try file.raiseSerial(now: 1_795_600_000)
        #expect(ZoneSerial.isAfter(raised, serial))
        try expect(file, fixture, [Self.fresh], 4711)
        #expect(try CompiledZone(file.bytes)?.serial == raised)
        try file.change(Self.owner, add: Array(data), remove: [Self.fresh], ttl: 4712)
        try expect(file, fixture, data, 4712)
    }

    @Test("A change that is there already changes no byte", arguments: ZoneFixture.all)
    func idle(fixture: ZoneFixture) throws {
        var file = ZoneFile(fixture.bytes, zone: Self.zone)
        let old = file.tlsa(Self.owner)
        let written = file.tlsaEntries(Self.owner).map(\.entry.record?.ownTTL)
        guard let ttl = old.first?.ttl, written.allSatisfy({ $0 == ttl }) else { return }
        try file.change(Self.owner, add: old.map(\.data), remove: [Self.fresh], ttl: ttl)
        #expect(file.bytes == fixture.bytes)
    }

    private func expect(_ file: ZoneFile, _ fixture: ZoneFixture, _ data: Set<TLSA>, _ ttl: UInt32) throws {
        let text = Comment(rawValue: String(decoding: file.bytes, as: UTF8.self))
        let before = try #require(try CompiledZone(fixture.bytes), text)
        let after = try #require(try CompiledZone(file.bytes), text)
        #expect(after.others(Self.key) == before.others(Self.key), text)
        #expect(Set(after.tlsa(Self.key)) == Set(data.map { Self.line(ttl, $0) }), text)
    }
}
