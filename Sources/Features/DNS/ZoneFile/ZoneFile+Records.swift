extension ZoneFile {
    // MARK: Taking away

    /// Takes an entry's line out. The next record that took its owner from there gets it written.
    mutating func remove(entry index: Int) {
        let entry = entries[index]
        var edits: [(range: Range<Int>, bytes: [UInt8])] = [(entry.line.range, [])]
        let before = index > 0 ? entries[index - 1].lastOwner : nil
        if let owner = entry.record?.owner, before?.labels != owner.labels, let heir = heir(of: index) {
            edits.append(ownerEdit(owner, written: entry, into: entries[heir]))
        }
        replace(edits)
    }

    /// The entry after `index` that takes its owner from before it.
    private func heir(of index: Int) -> Int? {
        for next in entries.indices where next > index && !entries[next].line.fields.isEmpty {
            if entries[next].inherits { return next }
            if !isDirective(entries[next]) { return nil }
        }
        return nil
    }

    func isDirective(_ entry: ZoneEntry) -> Bool {
        guard !entry.line.isIndented, let first = entry.line.fields.first else { return false }
        return text(first).drop { $0 == UInt8(ascii: "\"") }.first == UInt8(ascii: "$")
    }

    /// Writes the owner in the place of the white space at the beginning of `heir`, its columns kept where there is room.
    private func ownerEdit(
        _ owner: DomainName, written: ZoneEntry, into heir: ZoneEntry
    ) -> (range: Range<Int>, bytes: [UInt8]) {
        let start = heir.line.range.lowerBound
        let end = bytes[start..<heir.line.range.upperBound].firstIndex { !ZoneLexer.isBlank($0) } ?? start
        var name = ZoneText.text(owner, origin: heir.origin, isAbsolute: heir.origin != written.origin)
        if heir.origin == written.origin, let token = written.record?.ownerToken { name = text(token) }
        let blank = Array(bytes[start..<end])
        return (start..<end, name + Self.padding(blank, after: name.count))
    }

    /// White space of `blank`'s kind up to the column where it ended, at least one character.
    private static func padding(_ blank: [UInt8], after used: Int) -> [UInt8] {
        let tab = UInt8(ascii: "\t")
        let width = blank.reduce(0) { $1 == tab ? ($0 / 8 + 1) * 8 : $0 + 1 }
        guard blank.contains(tab) else { return Array(repeating: UInt8(ascii: " "), count: max(1, width - used)) }
        var (column, padding): (Int, [UInt8]) = (used, [])
        repeat {
            padding.append(tab)
            column = (column / 8 + 1) * 8
        } while column < width
        return padding
    }

    // MARK: TTL

    /// Gives the TLSA records of `owner` the TTL.
    mutating func setTTL(_ ttl: UInt32, at owner: DomainName) {
        for index in tlsaEntries(owner).map(\.index) where entries[index].record?.ownTTL != ttl {
            write(ttl: ttl, into: index)
        }
    }

    /// Writes the TTL into a record: over the one that is there, or before class and type.
    mutating func write(ttl: UInt32, into index: Int) {
        guard let record = entries[index].record else { return }
        let digits = Array(String(ttl).utf8)
        if let token = record.ttlToken { return replace([(token.range, digits)]) }
        let place = (record.classToken ?? record.typeToken).range.lowerBound
        let isTabbed = place > 0 && bytes[place - 1] == UInt8(ascii: "\t")
        replace([(place..<place, digits + [isTabbed ? UInt8(ascii: "\t") : UInt8(ascii: " ")])])
    }

    // MARK: Adding

    /// Adds a record: after the last TLSA record of the owner, in its layout; else after the records of the same host,
    /// laid out like another TLSA record of the file; else at the end of the zone's records.
    mutating func add(_ data: TLSA, at owner: DomainName, ttl: UInt32) {
        if let model = tlsaEntries(owner).last {
            return insert(line(like: model.entry, data: data), after: model.index)
        }
        let others = entries.indices.filter { entries[$0].record?.type == .tlsa && entries[$0].record?.ttl != nil }
        let anchor = anchor(for: owner, among: others)
        let origin = anchor.map { entries[$0].origin } ?? entries.last?.origin ?? zone
        let current = anchor.map { entries[$0].nextTTL } ?? entries.last?.nextTTL ?? .none
        var line = Layout(self, model: others.last { isSibling($0, owner) } ?? others.last ?? anchor)
            .line(owner, origin: origin, ttl: current.value == ttl ? nil : ttl)
        line += Array(data.description.utf8)
        insert(line, after: anchor)
    }

    /// Whether entry `index` is about the same host: its owner without `_port._transport` labels is the same.
    private func isSibling(_ index: Int, _ owner: DomainName) -> Bool {
        guard let other = entries[index].record?.owner else { return false }
        return Self.host(of: other) == Self.host(of: owner)
    }

    private static func host(of name: DomainName) -> DomainName? {
        DomainName(labels: Array(name.labels.drop { $0.first == UInt8(ascii: "_") }))
    }

    /// After which entry a record of a new owner stands: no record after it takes its owner from before it.
    private func anchor(for owner: DomainName, among others: [Int]) -> Int? {
        let records = entries.indices.filter { entries[$0].record != nil }
        let nearest =
            others.last { isSibling($0, owner) } ?? records.last {
                isSibling($0, owner) && entries[$0].record?.type != .soa
            }
            ?? records.last { entries[$0].record?.owner.isWithin(zone) ?? false } ?? records.last
        guard var place = nearest else { return nil }
        while let heir = heir(of: place) { place = heir }
        return place
    }

    /// The header of `entry` and the data of a new record, on one line.
    private func line(like entry: ZoneEntry, data: TLSA) -> [UInt8] {
        guard let record = entry.record else { return [] }
        var line: [UInt8] = []
        var position = entry.line.range.lowerBound
        let header = entry.line.fields.prefix {
            record.data.first.map { $0.range.lowerBound } ?? .max > $0.range.lowerBound
        }
        for token in header {
            line += gap(position..<token.range.lowerBound, isFirst: position == entry.line.range.lowerBound)
            line += text(token)
            position = token.range.upperBound
        }
        line += gap(position..<(record.data.first?.range.lowerBound ?? position), isFirst: false)
        let words = record.data.map(text)
        let isUpper = words.joined().contains { (65...70).contains($0) }
        return line + Self.written(data, isGeneric: words.first == Array("\\#".utf8), isUpper: isUpper)
    }

    private static func written(_ data: TLSA, isGeneric: Bool, isUpper: Bool) -> [UInt8] {
        let hex = isUpper ? data.hex.uppercased() : data.hex
        guard isGeneric else { return Array("\(data.usage) \(data.selector) \(data.matching) \(hex)".utf8) }
        let head = TLSA(selector: 0, matching: 0, bytes: Array(data.wire.prefix(3))).hex
        return Array("\\# \(data.wire.count) \(isUpper ? head.uppercased() : head)\(hex)".utf8)
    }

    /// White space between two words; what holds more than that becomes one space. A line that begins with a parenthesis
    /// has its owner behind it.
    private func gap(_ range: Range<Int>, isFirst: Bool) -> [UInt8] {
        let blank = Array(bytes[range])
        if blank.allSatisfy(ZoneLexer.isBlank) { return blank.isEmpty && !isFirst ? [UInt8(ascii: " ")] : blank }
        if !isFirst { return [UInt8(ascii: " ")] }
        return blank.first.map(ZoneLexer.isBlank) == true ? Array(blank.prefix(while: ZoneLexer.isBlank)) : []
    }

    /// Puts a line in after an entry, or at the end; with the file's kind of line ends.
    private mutating func insert(_ line: [UInt8], after index: Int?) {
        let entry = (index ?? entries.indices.last).map { entries[$0] }
        let place = entry?.line.range.upperBound ?? 0
        let ends = entries.lazy.map(\.line.ending).first { !$0.isEmpty }
        let ending = ends.map { Array(bytes[$0]) } ?? [UInt8(ascii: "\n")]
        let isOpen = entry.map { $0.line.ending.isEmpty } ?? false
        replace([(place..<place, isOpen ? ending + line : line + ending)])
    }
}

/// How the header of a record is laid out, taken from another one.
private struct Layout {
    /// After the owner.
    var first: [UInt8] = [UInt8(ascii: "\t")]
    /// Between the words after it.
    var between: [UInt8] = [UInt8(ascii: " ")]
    var isAbsolute = false
    var hasClass = true

    /// Like entry `model` of `zone`.
    init(_ zone: ZoneFile, model: Int?) {
        guard let model, let record = zone.entries[model].record else { return }
        hasClass = record.classToken != nil
        if let owner = record.ownerToken {
            let text = zone.text(owner)
            isAbsolute = text.last == UInt8(ascii: ".")
            let blank = zone.bytes[owner.range.upperBound...].prefix(while: ZoneLexer.isBlank)
            if !blank.isEmpty { first = Array(blank) }
        }
        let blank = zone.bytes[record.typeToken.range.upperBound...].prefix(while: ZoneLexer.isBlank)
        if !blank.isEmpty { between = Array(blank.prefix(1)) }
        if first.first == UInt8(ascii: " ") { first = [UInt8(ascii: " ")] }
        if first.first == UInt8(ascii: "\t") { first = [UInt8(ascii: "\t")] }
    }

    func line(_ owner: DomainName, origin: DomainName, ttl: UInt32?) -> [UInt8] {
        var line = ZoneText.text(owner, origin: origin, isAbsolute: isAbsolute) + first
        if let ttl { line += Array(String(ttl).utf8) + between }
        if hasClass { line += Array("IN".utf8) + between }
        return line + Array("TLSA".utf8) + between
    }
}
