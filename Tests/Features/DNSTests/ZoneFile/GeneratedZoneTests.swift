import Testing

@testable import StewardDNS

/// Zones made at random, before and after changes made at random: named-compilezone sees the change and nothing else.
@Suite struct GeneratedZoneTests {
    @Test("A change of a zone made at random is that change in BIND's eyes", arguments: 0..<120 as Range<UInt64>)
    func change(seed: UInt64) throws {
        let text = GeneratedZone(seed: seed).text
        let (zone, owner) = (ZoneFileTests.zone, ZoneFileTests.owner)
        var file = ZoneFile(Array(text.utf8), zone: zone)
        var words = ""
        guard let before = try CompiledZone(file.bytes, words: { words = $0 }) else {
            #expect(!file.findings.isEmpty, "BIND refuses it: \(words)\n\(text)")
            return
        }
        #expect(file.findings.isEmpty, "\(file.findings)\n\(text)")
        let old = file.tlsa(owner).map(\.data)
        #expect(Set(old.map(\.description)) == Set(before.tlsa(ZoneFileTests.key).map(Self.withoutTTL)), "\(text)")
        var random = SplitMix(state: seed &+ 1)
        let remove = Set(old).filter { _ in random.next() % 2 == 0 }
        let add = random.next() % 3 == 0 ? [] : [ZoneFileTests.fresh]
        let ttl: UInt32 = random.next() % 2 == 0 ? 300 : 4711
        do throws(ZoneFileRefusal) {
            try file.change(owner, add: add, remove: Array(remove), ttl: ttl)
        } catch {
            #expect(Self.isUneven(file) && file.bytes == Array(text.utf8), "\(error)\n\(text)\n- \(remove) \(ttl)")
            return
        }
        let serial = try file.raiseSerial(now: 1_795_600_000)
        let changed = String(decoding: file.bytes, as: UTF8.self)
        let after = try #require(try CompiledZone(file.bytes), "\(changed)")
        let wanted = Set(old).subtracting(remove).union(add)
        #expect(Set(after.tlsa(ZoneFileTests.key)) == Set(wanted.map { "\(ttl) \($0)" }), "\(text)\n===\n\(changed)")
        #expect(after.serial == serial)
        #expect(after.others(ZoneFileTests.key) == before.others(ZoneFileTests.key), "\(text)\n===\n\(changed)")
    }

    /// Whether some RRset has several TTLs: which of them BIND takes depends on the order of all lines.
    private static func isUneven(_ file: ZoneFile) -> Bool {
        let records = file.entries.compactMap(\.record)
        let sets = Dictionary(grouping: records) { "\($0.owner.lowercased) \($0.type?.rawValue ?? 0)" }
        return sets.values.contains { Set($0.map(\.ttl)).count > 1 || $0.contains { $0.ttl != $0.ownTTL } }
    }

    private static func withoutTTL(_ record: String) -> String {
        record.split(separator: " ").dropFirst().joined(separator: " ")
    }

    @Test(
        "Serials go on in their own style",
        arguments: [
            (2_024_010_101, 2_026_112_501), (2_026_112_500, 2_026_112_501), (2_026_112_501, 2_026_112_502),
            (2_026_112_599, 2_026_112_600), (2_099_010_199, 2_099_010_200), (1_700_000_000, 1_795_600_000),
            (1_795_600_000, 1_795_600_001), (1, 2), (4_294_967_295, 1), (3_000_000_000, 3_000_000_001), (0, 1),
        ] as [(UInt32, UInt32)])
    func serials(old: UInt32, next: UInt32) {
        #expect(ZoneSerial.next(after: old, now: 1_795_600_000) == next)
        #expect(ZoneSerial.isAfter(next, old))
    }
}
