/// One directive of an nginx configuration.
package struct NginxDirective: Hashable, Sendable {
    /// The directive's name.
    package var name: String
    /// Its arguments, quotes taken off.
    package var arguments: [String]
    /// The line of its name.
    package var line: Int
    /// The blocks around it, outermost first, within its file.
    package var blocks: [NginxBlock]
}

/// A block that is open around a directive.
package struct NginxBlock: Hashable, Sendable {
    /// `http`, `server`, `map`, ...
    package var name: String
    /// What stands between the name and the brace.
    package var arguments: [String]
}

/// Reads nginx's configuration language: words, quotes, `;`, `{`, `}`, `#` (nginx's ngx_conf_file.c). Takes any bytes.
package struct NginxParser {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1

    /// All directives of `bytes` in order, those with blocks included.
    package static func parse(_ bytes: [UInt8]) -> [NginxDirective] {
        var parser = NginxParser(bytes: bytes)
        return parser.directives()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func directives() -> [NginxDirective] {
        var directives: [NginxDirective] = []
        var blocks: [NginxBlock] = []
        var words: [String] = []
        var start = 0
        while let token = next() {
            switch token {
            case .word(let word, let line):
                if words.isEmpty { start = line }
                words.append(word)
            case .end:
                if !words.isEmpty { directives.append(directive(words, start, blocks)) }
                words = []
            case .open:
                let isLua = words.first?.hasSuffix("_by_lua_block") ?? false
                if !words.isEmpty { directives.append(directive(words, start, blocks)) }
                if isLua {
                    skipLua()
                } else {
                    // Beyond any sane depth the outer blocks no longer matter, but braces must stay in balance.
                    blocks.append(NginxBlock(name: words.first ?? "", arguments: Array(words.dropFirst())))
                }
                words = []
            case .close:
                if !words.isEmpty { directives.append(directive(words, start, blocks)) }
                _ = blocks.popLast()
                words = []
            }
        }
        if !words.isEmpty { directives.append(directive(words, start, blocks)) }
        return directives
    }

    private func directive(_ words: [String], _ line: Int, _ blocks: [NginxBlock]) -> NginxDirective {
        NginxDirective(
            name: words[0], arguments: Array(words.dropFirst()), line: line, blocks: Array(blocks.suffix(32)))
    }

    private enum Token {
        case word(String, line: Int)
        case end
        case open
        case close
    }

    private mutating func next() -> Token? {
        skipBlanks()
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case UInt8(ascii: ";"): at += 1; return .end
        case UInt8(ascii: "{"): at += 1; return .open
        case UInt8(ascii: "}"): at += 1; return .close
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted(bytes[at])
        default: return plain()
        }
    }

    private mutating func skipBlanks() {
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "#") {
                while at < bytes.count && bytes[at] != UInt8(ascii: "\n") { at += 1 }
            } else if Lines.isBlank(bytes[at]) {
                advance()
            } else {
                return
            }
        }
    }

    private mutating func advance() {
        if bytes[at] == UInt8(ascii: "\n") { line += 1 }
        at += 1
    }

    /// A backslash keeps the next byte from ending the word and vanishes itself only before quotes, `;`, braces and
    /// blanks; elsewhere it stays, for regular expressions.
    private mutating func escape(into word: inout [UInt8]) {
        at += 1
        guard at < bytes.count else { return word.append(UInt8(ascii: "\\")) }
        switch bytes[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): word.append(bytes[at])
        case UInt8(ascii: "t"): word.append(0x09)
        case UInt8(ascii: "r"): word.append(0x0D)
        case UInt8(ascii: "n"): word.append(0x0A)
        default: word.append(contentsOf: [UInt8(ascii: "\\"), bytes[at]])
        }
        advance()
    }

    private mutating func quoted(_ quote: UInt8) -> Token {
        let start = line
        var word: [UInt8] = []
        at += 1
        while at < bytes.count && bytes[at] != quote {
            if bytes[at] == UInt8(ascii: "\\") {
                escape(into: &word)
            } else {
                word.append(bytes[at])
                advance()
            }
        }
        if at < bytes.count { at += 1 }
        return .word(ByteText.string(word), line: start)
    }

    private mutating func plain() -> Token {
        let start = line
        var word: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\\") {
                escape(into: &word)
                continue
            }
            // `${` begins a variable, not a block.
            if byte == UInt8(ascii: "{"), word.last == UInt8(ascii: "$") {
                word.append(byte)
                at += 1
                while at < bytes.count, bytes[at] != UInt8(ascii: "}"), !Lines.isBlank(bytes[at]) {
                    word.append(bytes[at])
                    at += 1
                }
                if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
                    word.append(bytes[at])
                    at += 1
                }
                continue
            }
            if Lines.isBlank(byte) || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "{") { break }
            word.append(byte)
            advance()
        }
        return .word(ByteText.string(word), line: start)
    }

    /// Skips Lua code up to the brace that ends its block (`content_by_lua_block` of lua-nginx-module): strings and
    /// comments of Lua may hold braces.
    private mutating func skipLua() {
        var depth = 1
        while at < bytes.count, depth > 0 {
            switch bytes[at] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"): skipLuaString(bytes[at])
            case UInt8(ascii: "-") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "-"):
                while at + 1 < bytes.count && bytes[at + 1] != UInt8(ascii: "\n") { at += 1 }
            default: break
            }
            if at < bytes.count { advance() }
        }
    }

    private mutating func skipLuaString(_ quote: UInt8) {
        at += 1
        while at < bytes.count, bytes[at] != quote, bytes[at] != UInt8(ascii: "\n") {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] != UInt8(ascii: "\n") { at += 1 }
            at += 1
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: "\n") { at -= 1 }
    }
}
