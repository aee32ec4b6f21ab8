/// One piece of a zone file that isn't white space or comment (RFC 1035, section 5.1).
struct ZoneToken: Hashable, Sendable {
    /// Which kind.
    enum Kind: Hashable, Sendable {
        case word
        /// `"..."`.
        case quoted
        /// `(`, `)`.
        case open, close
    }

    var kind: Kind
    /// Its bytes, the quotes included.
    var range: Range<Int>
}

/// What stands up to one end of line outside parentheses: one directive, one record, or nothing at all.
struct ZoneLine: Hashable, Sendable {
    /// All its bytes, white space, comments and the line's end included.
    var range: Range<Int>
    /// The number of its first line, from 1.
    var line: Int
    /// Whether it begins with white space: a record's owner is then the one before's.
    var isIndented: Bool
    /// Parentheses included.
    var tokens: [ZoneToken]
    /// Why BIND would not take it.
    var flaw: String?
    /// The bytes of the line's end: 0 at the end of the file.
    var ending: Range<Int>

    /// The tokens without parentheses.
    var fields: [ZoneToken] { tokens.filter { $0.kind == .word || $0.kind == .quoted } }
}

/// Cuts a zone file into lines and tokens as BIND's lexer does; together the lines are the whole file.
struct ZoneLexer {
    private let bytes: [UInt8]
    private var position = 0
    private var number = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next line; nil at the end.
    mutating func next() -> ZoneLine? {
        guard position < bytes.count else { return nil }
        let (start, first) = (position, number)
        var line = ZoneLine(
            range: start..<start, line: first, isIndented: Self.isBlank(bytes[start]), tokens: [], ending: start..<start
        )
        var depth = 0
        line.ending = bytes.count..<bytes.count
        scan: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                let end = takeEnd()
                guard depth == 0 else { continue }
                line.ending = end
                break scan
            case UInt8(ascii: " "), UInt8(ascii: "\t"): position += 1
            case UInt8(ascii: ";"): skipComment()
            case UInt8(ascii: "("):
                depth += 1
                line.tokens.append(single(.open))
            case UInt8(ascii: ")"):
                depth -= 1
                line.tokens.append(single(.close))
                if depth < 0 { (depth, line.flaw) = (0, "a ')' without its '('") }
            case UInt8(ascii: "\""): line.tokens.append(quoted(&line.flaw))
            default: line.tokens.append(word())
            }
        }
        if depth > 0 { line.flaw = "a '(' that is never closed" }
        line.range = start..<position
        return line
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// LF, CR LF, or CR alone.
    private mutating func takeEnd() -> Range<Int> {
        let start = position
        let isReturn = bytes[position] == UInt8(ascii: "\r")
        position += 1
        if isReturn, position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
        number += 1
        return start..<position
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    private mutating func skipComment() {
        while position < bytes.count, !isEnd(bytes[position]) { position += 1 }
    }

    private mutating func single(_ kind: ZoneToken.Kind) -> ZoneToken {
        position += 1
        return ZoneToken(kind: kind, range: position - 1..<position)
    }

    private mutating func quoted(_ flaw: inout String?) -> ZoneToken {
        let start = position
        position += 1
        while position < bytes.count, !isEnd(bytes[position]) {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return ZoneToken(kind: .quoted, range: start..<position) }
            if byte == UInt8(ascii: "\\"), position < bytes.count, !isEnd(bytes[position]) { position += 1 }
        }
        flaw = "a quotation mark that isn't closed on its line"
        return ZoneToken(kind: .quoted, range: start..<position)
    }

    private mutating func word() -> ZoneToken {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if isEnd(byte) || Self.isBlank(byte) || Self.isSpecial(byte) { break }
            position += 1
            if byte == UInt8(ascii: "\\"), position < bytes.count, !isEnd(bytes[position]) { position += 1 }
        }
        return ZoneToken(kind: .word, range: start..<position)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: ";")
    }
}
