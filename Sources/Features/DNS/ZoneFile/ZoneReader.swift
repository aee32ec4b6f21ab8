/// One line of a zone file and what it means.
struct ZoneEntry: Hashable, Sendable {
    var line: ZoneLine
    /// nil: no record, or none that is understood.
    var record: Record?
    /// The origin in force at its end.
    var origin: DomainName
    /// The owner that a record without one would have after it; nil: not known or there is none.
    var lastOwner: DomainName?
    /// The TTL that a record without one would have after it.
    var nextTTL: ZoneTTL
    /// Whether the line takes its owner from the one before.
    var inherits: Bool

    /// A record.
    struct Record: Hashable, Sendable {
        var owner: DomainName
        /// nil: it is the one before's.
        var ownerToken: ZoneToken?
        /// In force, in seconds; nil: not known.
        var ttl: UInt32?
        /// What it would be without the other records of its type and owner before it.
        var ownTTL: UInt32?
        var ttlToken: ZoneToken?
        var recordClass: UInt16
        var classToken: ZoneToken?
        /// nil: a name that isn't known here.
        var type: RecordType?
        var typeToken: ZoneToken
        /// The data's tokens, without parentheses.
        var data: [ZoneToken]
    }
}

/// Where a record without a TTL gets it from.
enum ZoneTTL: Hashable, Sendable {
    /// Nowhere yet: BIND takes the minimum of an SOA, and refuses all others.
    case none
    /// `$TTL` (RFC 2308, section 4), or the minimum of an SOA without a TTL.
    case standard(UInt32)
    /// The TTL written last (RFC 1035, section 5.1).
    case last(UInt32)
    /// An included file may have changed it; whether there was a `$TTL` before it.
    case unknown(isStandard: Bool)

    var value: UInt32? {
        switch self {
        case .standard(let ttl), .last(let ttl): ttl
        case .none, .unknown: nil
        }
    }
}

/// Reads a zone file in BIND's order of things (`lib/dns/master.c`): owner, TTL and class in either order, type, data.
struct ZoneReader {
    let bytes: [UInt8]
    private(set) var entries: [ZoneEntry] = []
    private(set) var findings: [ZoneFile.Finding] = []
    private(set) var includes: [ZoneFile.Include] = []
    private(set) var generators: [Int] = []
    private var origin: DomainName
    private var owner: DomainName?
    private var ttl = ZoneTTL.none
    /// The TTL of each type at `owner` since the owner last changed: BIND gives it to all records of that type there.
    private var together: [UInt16: UInt32] = [:]

    init(bytes: [UInt8], zone: DomainName) {
        self.bytes = bytes
        origin = zone
    }

    mutating func read() {
        var lexer = ZoneLexer(bytes)
        while let line = lexer.next() {
            var entry = ZoneEntry(
                line: line, origin: origin, nextTTL: ttl, inherits: line.isIndented && !line.fields.isEmpty)
            interpret(&entry)
            (entry.origin, entry.lastOwner, entry.nextTTL) = (origin, owner, ttl)
            entries.append(entry)
        }
    }

    private mutating func interpret(_ entry: inout ZoneEntry) {
        let fields = entry.line.fields
        if let flaw = entry.line.flaw {
            find(entry, flaw)
            if !entry.inherits && !fields.isEmpty { owner = nil }
            return
        }
        guard let first = fields.first else { return }
        if !entry.line.isIndented, content(first).first == UInt8(ascii: "$") {
            directive(entry, fields)
        } else {
            entry.record = record(entry, fields)
        }
    }

    private mutating func find(_ entry: ZoneEntry, _ text: String) {
        findings.append(ZoneFile.Finding(line: entry.line.line, text: text))
    }

    /// A token's bytes without quotes.
    private func content(_ token: ZoneToken) -> ArraySlice<UInt8> {
        token.kind == .quoted ? bytes[token.range].dropFirst().dropLast() : bytes[token.range]
    }

    private mutating func directive(_ entry: ZoneEntry, _ fields: [ZoneToken]) {
        let name = ZoneText.upper(content(fields[0]))
        if entry.line.ending.isEmpty { find(entry, "BIND takes no \(name) without an end of line after it") }
        switch name {
        case "$ORIGIN":
            guard fields.count == 2, let name = ZoneText.name(content(fields[1]), origin: origin)
            else { return find(entry, "$ORIGIN needs one domain name") }
            origin = name
        case "$TTL":
            guard fields.count == 2, let value = ZoneText.ttl(content(fields[1]))
            else { return find(entry, "$TTL needs one number of seconds") }
            ttl = .standard(value)
        case "$INCLUDE": include(entry, fields)
        case "$GENERATE": generators.append(entry.line.line)
        case "$DATE": break
        default: find(entry, "\(name) is no directive of zone files")
        }
    }

    private mutating func include(_ entry: ZoneEntry, _ fields: [ZoneToken]) {
        guard (2...3).contains(fields.count) else { return find(entry, "$INCLUDE needs a file and at most an origin") }
        let place = fields.count == 3 ? ZoneText.name(content(fields[2]), origin: origin) : origin
        guard let place else { return find(entry, "$INCLUDE's origin is no domain name") }
        let path = String(decoding: content(fields[1]), as: UTF8.self)
        together = [:]
        includes.append(ZoneFile.Include(line: entry.line.line, path: path, origin: place))
        // BIND keeps one TTL for all files of a zone: what the included file says holds from here on.
        switch ttl {
        case .standard, .unknown(true): ttl = .unknown(isStandard: true)
        case .none, .last, .unknown(false): ttl = .unknown(isStandard: false)
        }
    }

    private mutating func record(_ entry: ZoneEntry, _ fields: [ZoneToken]) -> ZoneEntry.Record? {
        var rest = fields[...]
        var ownerToken: ZoneToken?
        if !entry.inherits, let token = rest.popFirst() {
            ownerToken = token
            let before = owner
            owner = ZoneText.name(content(token), origin: origin)
            if owner != before { together = [:] }
            if owner == nil { find(entry, "the owner is no domain name") }
        }
        var (ttlToken, classToken): (ZoneToken?, ZoneToken?)
        if let token = rest.first, ZoneText.recordClass(bytes[token.range]) != nil { classToken = rest.popFirst() }
        if let token = rest.first, ZoneText.ttl(bytes[token.range]) != nil { ttlToken = rest.popFirst() }
        if classToken == nil, let token = rest.first, ZoneText.recordClass(bytes[token.range]) != nil {
            classToken = rest.popFirst()
        }
        guard let typeToken = rest.popFirst(), typeToken.kind == .word else {
            find(entry, "a record without a type")
            return nil
        }
        guard let owner else {
            if entry.inherits { find(entry, "a record without an owner") }
            return nil
        }
        let type = Self.type(bytes[typeToken.range])
        let value = ttlToken.flatMap { ZoneText.ttl(bytes[$0.range]) }
        let own = advanceTTL(value, type, Array(rest))
        let record = ZoneEntry.Record(
            owner: owner, ownerToken: ownerToken, ttl: sharedTTL(own, type), ownTTL: own, ttlToken: ttlToken,
            recordClass: classToken.flatMap { ZoneText.recordClass(bytes[$0.range]) } ?? 1, classToken: classToken,
            type: type, typeToken: typeToken, data: Array(rest))
        check(entry, record)
        return record
    }

    private static func type(_ text: ArraySlice<UInt8>) -> RecordType? {
        RecordType(name: ZoneText.upper(text))
    }

    /// The TTL of the record, which has `written` or none; and what follows from it for the records after it.
    private mutating func advanceTTL(_ written: UInt32?, _ type: RecordType?, _ data: [ZoneToken]) -> UInt32? {
        if let written {
            switch ttl {
            case .none, .last, .unknown(false): ttl = .last(written)
            case .standard, .unknown(true): break
            }
            return written
        }
        if ttl == .none, type == .soa, data.count == 7, let minimum = ZoneText.ttl(bytes[data[6].range]) {
            ttl = .standard(minimum)
        }
        return ttl.value
    }

    /// BIND's "TTL set to prior TTL", which counts as the TTL written last too.
    private mutating func sharedTTL(_ own: UInt32?, _ type: RecordType?) -> UInt32? {
        guard let own, let type else { return own }
        guard let prior = together[type.rawValue] else {
            together[type.rawValue] = own
            return own
        }
        if case .last = ttl { ttl = .last(prior) }
        return prior
    }

    private mutating func check(_ entry: ZoneEntry, _ record: ZoneEntry.Record) {
        if record.ttl == nil, ttl == .none { find(entry, "a record without a TTL and no $TTL before it") }
        if record.recordClass != 1 {
            find(entry, "a record of another class than IN: BIND refuses it")
        }
        if record.type == .tlsa, record.recordClass == 1 {
            let words = record.data.map { Array(bytes[$0.range]) }
            if record.data.contains(where: { $0.kind != .word }) || ZoneText.tlsa(words) == nil {
                find(entry, "TLSA data that isn't understood: three numbers and hexadecimal digits are expected")
            }
        } else if record.type == .soa, record.data.count != 7 {
            find(entry, "an SOA that isn't understood: two names and five numbers are expected")
        }
    }
}
