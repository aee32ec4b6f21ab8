/// A zone file (RFC 1035, section 5; RFC 2308, section 4; BIND's `$GENERATE`), read without losing a byte: what isn't
/// changed stays as it was written. Pure: reads and writes no file, and follows no `$INCLUDE`.
package struct ZoneFile: Sendable {
    /// The whole file.
    package private(set) var bytes: [UInt8]
    /// The zone's name: the origin at the file's beginning.
    package let zone: DomainName
    /// What isn't understood or what BIND would refuse, by line.
    package private(set) var findings: [Finding] = []
    /// The `$INCLUDE` directives.
    package private(set) var includes: [Include] = []
    /// The lines of `$GENERATE` directives.
    package private(set) var generators: [Int] = []
    private(set) var entries: [ZoneEntry] = []

    /// Something about a line.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// From 1.
        package var line: Int
        /// What is wrong, without a period.
        package var text: String

        /// `line 12: a '(' that is never closed`.
        package var description: String { "line \(line): \(text)" }
    }

    /// Another file that is part of the zone.
    package struct Include: Hashable, Sendable {
        /// From 1.
        package var line: Int
        /// As written; BIND takes a relative one from its `directory`.
        package var path: String
        /// The origin at the included file's beginning.
        package var origin: DomainName
    }

    /// A TLSA record of the file.
    package struct Record: Hashable, Sendable {
        /// Where it begins, from 1.
        package var line: Int
        package var data: TLSA
        /// As it holds, whether written in the record or not; nil where an included file decides.
        package var ttl: UInt32?
    }

    /// Reads `bytes`; whatever they are, they are kept.
    package init(_ bytes: [UInt8], zone: DomainName) {
        self.bytes = bytes
        self.zone = zone
        read()
    }

    /// The TLSA records of `owner`, in the file's order; not those of included files and `$GENERATE`.
    package func tlsa(_ owner: DomainName) -> [Record] {
        tlsaEntries(owner).map { Record(line: $0.entry.line.line, data: $0.data, ttl: $0.entry.record?.ttl) }
    }

    /// The SOA's serial; nil where there is no SOA that is understood.
    package var serial: UInt32? { serialToken.flatMap { ZoneText.number(self.bytes[$0.range]) } }

    func tlsaEntries(_ owner: DomainName) -> [(index: Int, entry: ZoneEntry, data: TLSA)] {
        entries.indices.compactMap { index in
            guard let record = entries[index].record, record.owner == owner, record.type == .tlsa,
                let data = tlsa(record)
            else { return nil }
            return (index, entries[index], data)
        }
    }

    func tlsa(_ record: ZoneEntry.Record) -> TLSA? {
        guard record.recordClass == 1, record.data.allSatisfy({ $0.kind == .word }) else { return nil }
        return ZoneText.tlsa(record.data.map(text))
    }

    /// The bytes of a token.
    func text(_ token: ZoneToken) -> [UInt8] { Array(bytes[token.range]) }

    /// The serial's token in the first SOA of the zone.
    var serialToken: ZoneToken? {
        let record = entries.lazy.compactMap(\.record).first { $0.type == .soa }
        guard let record, record.data.count == 7, record.data[2].kind == .word else { return nil }
        return record.data[2]
    }

    /// Puts other bytes in the place of some, and reads the whole anew. The ranges must not overlap.
    mutating func replace(_ edits: [(range: Range<Int>, bytes: [UInt8])]) {
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(edit.range, with: edit.bytes)
        }
        read()
    }

    private mutating func read() {
        var reader = ZoneReader(bytes: bytes, zone: zone)
        reader.read()
        (entries, findings) = (reader.entries, reader.findings)
        (includes, generators) = (reader.includes, reader.generators)
    }
}
