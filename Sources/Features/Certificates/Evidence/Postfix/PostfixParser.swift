/// One `name = value` of `main.cf`.
package struct PostfixParameter: Hashable, Sendable {
    /// The name.
    package var name: String
    /// The value as written, lines joined.
    package var value: String
    /// The line of the name.
    package var line: Int
}

/// One service of `master.cf`.
package struct PostfixService: Hashable, Sendable {
    /// `smtp inet`, `submission inet`, ...
    package var name: String
    /// The line of the name.
    package var line: Int
    /// What `-o` overrides, with the line of each.
    package var overrides: [PostfixParameter]
}

/// Reads Postfix's `main.cf` and `master.cf` (postconf(5), master(5)). Takes any bytes.
package enum PostfixParser {
    /// The parameters of `main.cf` in order; of two with one name the later counts.
    package static func parameters(_ bytes: [UInt8]) -> [PostfixParameter] {
        logicalLines(bytes).compactMap { line in
            let text = line.pieces.map { ByteText.string($0.bytes) }.joined(separator: " ")
            return parameter(text, line.pieces[0].number)
        }
    }

    private static func parameter(_ text: String, _ line: Int) -> PostfixParameter? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = trimmed(text[..<equals])
        guard !name.isEmpty else { return nil }
        return PostfixParameter(name: name, value: trimmed(text[text.index(after: equals)...]), line: line)
    }

    /// The services of `master.cf`.
    package static func services(_ bytes: [UInt8]) -> [PostfixService] {
        logicalLines(bytes).compactMap { line in
            let words = line.pieces.flatMap { piece in
                self.words(ByteText.string(piece.bytes)).map { (text: $0, line: piece.number) }
            }
            let joined = balanced(words)
            guard joined.count >= 8 else { return nil }
            var overrides: [PostfixParameter] = []
            var index = 8
            while index < joined.count {
                let word = joined[index]
                index += 1
                guard word.text.hasPrefix("-o") else { continue }
                var text = String(word.text.dropFirst(2))
                var place = word.line
                if text.isEmpty, index < joined.count {
                    (text, place) = joined[index]
                    index += 1
                }
                if text.hasPrefix("{"), text.hasSuffix("}") { text = String(text.dropFirst().dropLast()) }
                if let override = parameter(text, place) { overrides.append(override) }
            }
            return PostfixService(
                name: joined[0].text + " " + joined[1].text, line: joined[0].line, overrides: overrides)
        }
    }

    /// Words of `{ name = value }` put together again.
    private static func balanced(_ words: [(text: String, line: Int)]) -> [(text: String, line: Int)] {
        var result: [(text: String, line: Int)] = []
        var depth = 0
        for word in words {
            let change = word.text.utf8.reduce(0) {
                $0 + ($1 == UInt8(ascii: "{") ? 1 : $1 == UInt8(ascii: "}") ? -1 : 0)
            }
            if depth > 0 { result[result.count - 1].text += " " + word.text } else { result.append(word) }
            // Braces matter in arguments that begin with one, and in those that continue such.
            if depth > 0 || word.text.hasPrefix("{") || word.text.hasPrefix("-o{") { depth = max(0, depth + change) }
        }
        return result
    }

    private struct LogicalLine {
        var pieces: [(number: Int, bytes: ArraySlice<UInt8>)]
    }

    /// Lines joined with those after them that begin with white space; comments and blank lines between don't end one.
    private static func logicalLines(_ bytes: [UInt8]) -> [LogicalLine] {
        var lines: [LogicalLine] = []
        for (number, line) in Lines.split(bytes) {
            let text = Lines.trimmed(line)
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            if let start = line.first, Lines.isBlank(start), !lines.isEmpty {
                lines[lines.count - 1].pieces.append((number, text))
            } else {
                lines.append(LogicalLine(pieces: [(number, text)]))
            }
        }
        return lines
    }

    /// The words of `text`.
    package static func words(_ text: String) -> [String] {
        text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String(Substring($0)) }
    }

    /// The elements of a list, separated by commas and white space.
    package static func list(_ text: String) -> [String] {
        text.unicodeScalars.split { $0 == "," || $0.properties.isWhitespace }.map { String(Substring($0)) }
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        ByteText.string(Lines.trimmed(ByteText.bytes(String(text))[...]))
    }
}
