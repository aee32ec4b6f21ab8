/// One word of C++ source.
package struct KernelToken: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case word, number
        /// A character or string literal.
        case literal
        /// One punctuator; `::`, `->` and `<<<` are one each.
        case punctuation
        /// A whole preprocessor line, continuation lines included.
        case directive
    }

    package var kind: Kind
    /// Its bytes in the source.
    package var range: Range<Int>
    /// From 1.
    package var line: Int
    package var text: String
}

/// Splits C++ source into words. Comments are left out; whatever the bytes are, it ends and loses nothing else.
package struct KernelLexer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var atLineStart = true
    private var tokens: [KernelToken] = []

    package static func tokens(of source: String) -> [KernelToken] {
        var lexer = KernelLexer(bytes: Array(source.utf8))
        lexer.run()
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func byte(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }

    private mutating func run() {
        while position < bytes.count {
            switch byte() {
            case UInt8(ascii: "\n"):
                atLineStart = true
                advance()
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0x0b, 0x0c: advance()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"): skipLine()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): skipComment()
            default: readToken()
            }
        }
    }

    private mutating func readToken() {
        let start = position
        let startLine = line
        let kind = advanceToken()
        tokens.append(
            KernelToken(
                kind: kind, range: start..<position, line: startLine,
                text: String(decoding: bytes[start..<position], as: UTF8.self)))
        atLineStart = kind == .directive
    }

    private mutating func advanceToken() -> KernelToken.Kind {
        let first = byte()
        if first == UInt8(ascii: "#") && atLineStart {
            skipLine()
            return .directive
        }
        if Self.beginsWord(first) {
            while position < bytes.count, Self.continuesWord(byte()) { advance() }
            return readPrefixedLiteral() ? .literal : .word
        }
        if Self.isDigit(first) || first == UInt8(ascii: ".") && Self.isDigit(byte(1)) {
            readNumber()
            return .number
        }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            readLiteral()
            return .literal
        }
        readPunctuation()
        return .punctuation
    }

    /// After `R`, `u8R`, ...: a raw string.
    private mutating func readPrefixedLiteral() -> Bool {
        guard byte() == UInt8(ascii: "\""), position > 0, bytes[position - 1] == UInt8(ascii: "R") else { return false }
        advance()
        var delimiter: [UInt8] = [UInt8(ascii: ")")]
        while position < bytes.count, byte() != UInt8(ascii: "("), delimiter.count < 18 {
            delimiter.append(byte())
            advance()
        }
        delimiter.append(UInt8(ascii: "\""))
        while position < bytes.count, !bytes[position...].starts(with: delimiter) { advance() }
        advance(delimiter.count)
        return true
    }

    private mutating func readNumber() {
        while position < bytes.count {
            let signed = byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-")
            let exponent = position > 0 && [0x65, 0x45, 0x70, 0x50].contains(bytes[position - 1])
            let separator = byte() == UInt8(ascii: "'") && Self.continuesWord(byte(1))
            guard Self.continuesWord(byte()) || byte() == UInt8(ascii: ".") || separator || signed && exponent else {
                return
            }
            advance()
        }
    }

    /// Ends at the quote, or at the end of the line where the quote is missing.
    private mutating func readLiteral() {
        let quote = byte()
        advance()
        while position < bytes.count, byte() != UInt8(ascii: "\n") {
            if byte() == UInt8(ascii: "\\") {
                advance(2)
                continue
            }
            let ends = byte() == quote
            advance()
            if ends { return }
        }
    }

    private mutating func readPunctuation() {
        let rest = bytes[position...].prefix(3)
        if rest.elementsEqual("<<<".utf8) {
            advance(3)
        } else if rest.starts(with: "::".utf8) || rest.starts(with: "->".utf8) {
            advance(2)
        } else {
            advance()
        }
    }

    /// To the end of the line and of those that a backslash joins to it; comments that run on belong to it.
    private mutating func skipLine() {
        let directive = byte() == UInt8(ascii: "#")
        while position < bytes.count, byte() != UInt8(ascii: "\n") {
            let joined = byte(1) == UInt8(ascii: "\n") || byte(1) == UInt8(ascii: "\r") && byte(2) == UInt8(ascii: "\n")
            if byte() == UInt8(ascii: "\\"), joined {
                advance(byte(1) == UInt8(ascii: "\r") ? 3 : 2)
            } else if directive, byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
                skipComment()
            } else if directive, byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "/") {
                return
            } else {
                advance()
            }
        }
    }

    private mutating func skipComment() {
        advance(2)
        while position < bytes.count, !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) { advance() }
        advance(2)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func beginsWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
    }

    private static func continuesWord(_ byte: UInt8) -> Bool { beginsWord(byte) || isDigit(byte) }
}
