/// Why a zone file was not changed; it is as it was.
package struct ZoneFileRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line that it is about; nil: the whole file.
    package var line: Int?
    /// What is wrong and what to do: whole sentences.
    package var text: String

    package var description: String { text }
}

extension ZoneFile {
    /// Changes the TLSA RRset of `owner`: takes `remove` away, adds `add` in the layout of the records beside them, and
    /// gives all of them the TTL `ttl` (in seconds). What is there already isn't added twice. Every other record means
    /// what it meant, and every other line is as it was, except one from which a record took its owner or TTL: there they
    /// are written.
    package mutating func change(
        _ owner: DomainName, add: [TLSA], remove: [TLSA], ttl: UInt32
    ) throws(ZoneFileRefusal) {
        var draft = self
        let before = meanings(except: owner)
        let kept = Set(add)
        for data in add where !draft.tlsa(owner).contains(where: { $0.data == data }) {
            draft.add(data, at: owner, ttl: ttl)
        }
        while let found = draft.tlsaEntries(owner).first(where: { remove.contains($0.data) && !kept.contains($0.data) })
        {
            draft.remove(entry: found.index)
        }
        // Where the TTL written last holds on, each may take the other its TTL away; what is written once stays.
        for _ in 0..<8 {
            let bytes = draft.bytes
            draft.setTTL(ttl, at: owner)
            try draft.restoreTTLs(before, except: owner)
            if draft.bytes == bytes { break }
        }
        let wanted = Set(tlsa(owner).map(\.data)).subtracting(remove).union(add)
        guard draft.findings.count <= findings.count, draft.includes.count == includes.count,
            draft.meanings(except: owner) == before, Set(draft.tlsa(owner).map(\.data)) == wanted,
            draft.tlsaEntries(owner).allSatisfy({ $0.entry.record?.ttl == ttl && $0.entry.record?.ownTTL == ttl })
        else {
            throw ZoneFileRefusal(
                text:
                    "The TLSA records of \(owner) can't be changed in this zone file without changing what other lines of it mean. Usual causes are records of one name and type with several TTLs, and a file without $TTL: give it one."
            )
        }
        self = draft
    }

    /// Raises the SOA's serial in its own style. `now` in seconds since 1970; the new serial comes after `floor` too.
    /// Returns the new serial.
    @discardableResult
    package mutating func raiseSerial(now: Int64, after floor: UInt32? = nil) throws(ZoneFileRefusal) -> UInt32 {
        guard let token = serialToken, let serial else {
            throw ZoneFileRefusal(
                text:
                    "The zone file has no SOA record whose serial is understood. The file that 'dane.zones[].file.path' names must hold the SOA record itself."
            )
        }
        var next = ZoneSerial.next(after: serial, now: now)
        if let floor, !ZoneSerial.isAfter(next, floor) { next = ZoneSerial.next(after: floor, now: now) }
        let digits = String(next)
        let zeros = bytes[token.range].first == UInt8(ascii: "0") ? max(0, token.range.count - digits.utf8.count) : 0
        replace([(token.range, Array((String(repeating: "0", count: zeros) + digits).utf8))])
        return next
    }

    /// What a record that isn't changed says: all that a name server would read, in words.
    struct Meaning: Hashable {
        var owner: DomainName
        /// The owner as its letters were written.
        var labels: [[UInt8]]
        var ttl: UInt32?
        var recordClass: UInt16
        var type: [UInt8]
        var origin: DomainName
        var data: [[UInt8]]
    }

    /// What all records but the TLSA records of `owner` say.
    func meanings(except owner: DomainName) -> [Meaning] {
        entries.compactMap { entry in
            guard let record = entry.record, !(record.owner == owner && record.type == .tlsa) else { return nil }
            return Meaning(
                owner: record.owner, labels: record.owner.labels, ttl: record.ttl, recordClass: record.recordClass,
                type: text(record.typeToken), origin: entry.origin, data: record.data.map(text))
        }
    }

    /// Writes the TTL into records that had theirs from a line that isn't there any more, or has another now.
    private mutating func restoreTTLs(_ before: [Meaning], except owner: DomainName) throws(ZoneFileRefusal) {
        for index in before.indices {
            let others = entries.indices.filter { position in
                entries[position].record.map { !($0.owner == owner && $0.type == .tlsa) } ?? false
            }
            guard others.count == before.count, let record = entries[others[index]].record else { return }
            guard record.ttl != before[index].ttl, record.ttlToken == nil else { continue }
            guard let ttl = before[index].ttl else {
                throw ZoneFileRefusal(
                    line: entries[others[index]].line.line,
                    text:
                        "Line \(entries[others[index]].line.line) takes its TTL from an included file. Give it a TTL of its own, or the zone file a $TTL."
                )
            }
            write(ttl: ttl, into: others[index])
        }
    }
}
