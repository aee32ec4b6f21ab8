/// One line of a Dovecot configuration that means something.
package struct DovecotLine: Hashable, Sendable {
    /// What it says.
    package enum Statement: Hashable, Sendable {
        /// `key = value`; the key with the names of the blocks that give it its prefix, as written.
        case setting(key: String, value: String)
        /// `!include` or `!include_try`.
        case include(String, isOptional: Bool)
    }

    /// What it says.
    package var statement: Statement
    /// The line.
    package var line: Int
    /// The blocks around it: `local_name mail.example`, `protocol imap`.
    package var blocks: [String]
}

/// Reads Dovecot's configuration language (doc.dovecot.org, "Config file syntax"). Takes any bytes.
package enum DovecotParser {
    /// The statements of `bytes`.
    package static func parse(_ bytes: [UInt8]) -> [DovecotLine] {
        var lines: [DovecotLine] = []
        var blocks: [String] = []
        for (text, number) in logicalLines(bytes) {
            if text == "}" {
                _ = blocks.popLast()
            } else if text.hasPrefix("!include_try") || text.hasPrefix("!include") {
                let isOptional = text.hasPrefix("!include_try")
                let path = unquoted(PostfixParser.trimmed(text.dropFirst(isOptional ? 12 : 8)))
                lines.append(
                    DovecotLine(
                        statement: .include(path, isOptional: isOptional), line: number, blocks: blocks))
            } else if let equals = text.firstIndex(of: "=") {
                let key = PostfixParser.trimmed(text[..<equals])
                let value = PostfixParser.trimmed(text[text.index(after: equals)...])
                lines.append(
                    DovecotLine(statement: .setting(key: key, value: value), line: number, blocks: blocks))
            } else if text.hasSuffix("{"), blocks.count < 1000 {
                blocks.append(PostfixParser.trimmed(text.dropLast()))
            }
        }
        return lines
    }

    /// Lines without comments, joined where they end in a backslash; `}` and `name {` as lines of their own.
    private static func logicalLines(_ bytes: [UInt8]) -> [(text: String, line: Int)] {
        var lines: [(String, Int)] = []
        var held: (text: String, line: Int)?
        for (number, line) in Lines.split(bytes) {
            var text = ByteText.string(Lines.trimmed(withoutComment(Lines.trimmed(line))))
            let isContinued = text.hasSuffix("\\")
            if isContinued { text.removeLast() }
            let joined = ((held.map { $0.text + " " } ?? "") + text, held?.line ?? number)
            held = isContinued ? joined : nil
            if !isContinued, !joined.0.isEmpty {
                lines.append(contentsOf: parts(joined.0).map { ($0, joined.1) })
            }
        }
        if let held { lines.append(contentsOf: parts(held.text).map { ($0, held.line) }) }
        return lines
    }

    /// `a { b = c }` on one line in its three parts.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), !rest[..<open].contains("="), !rest[..<open].contains("!") {
            parts.append(PostfixParser.trimmed(rest[...open]))
            rest = rest[rest.index(after: open)...]
        }
        var closed = 0
        var last = PostfixParser.trimmed(rest)
        while last.hasSuffix("}"), !last.contains("{") {
            last = PostfixParser.trimmed(last.dropLast())
            closed += 1
        }
        if !last.isEmpty { parts.append(last) }
        return parts + [String](repeating: "}", count: closed)
    }

    /// A `#` at the begin or after a blank begins a comment, but not within quotes.
    private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var quote: UInt8?
        for index in line.indices {
            let byte = line[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: "#"), index == line.startIndex || Lines.isBlank(line[index - 1]) {
                return line[..<index]
            }
        }
        return line
    }

    /// `text` without the quotes around it.
    package static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.hasPrefix(quote) && text.hasSuffix(quote) && text.utf8.count > 1 {
            return String(text.dropFirst().dropLast())
        }
        return text
    }
}
