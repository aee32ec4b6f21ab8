/// One `name value` of a configuration without much grammar.
struct GenericSetting: Hashable, Sendable {
    /// The name, lower case.
    var key: String
    /// What follows it: words without quotes, commas and brackets.
    var values: [String]
    /// The line.
    var line: Int
}

/// Reads lines of a name and a value, separated by blanks, `=` or `:`.
enum GenericParser {
    /// The settings of `bytes`. A line may hold several (`{ key = "x", certificate = "y" }`); a list's items belong to
    /// the name before them.
    static func parse(_ bytes: [UInt8], comment: String, isLDIF: Bool = false) -> [GenericSetting] {
        if isLDIF { return ldif(bytes) }
        var settings: [GenericSetting] = []
        for (number, line) in Lines.split(bytes) {
            let text = Lines.trimmed(line)
            if text.isEmpty || text.starts(with: comment.utf8) || text.first == UInt8(ascii: "#") { continue }
            let words = words(withoutComment(text, comment))
            var current: GenericSetting?
            for (index, word) in words.enumerated() {
                // A word is a name at the line's begin, or where `=` or `:` follows.
                let isKey = !word.isQuoted && (index == 0 || word.isAssigned) && !PathText.isAbsolute(word.text)
                if isKey {
                    if let current { settings.append(current) }
                    let isItem = word.text == "-"
                    let key = isItem ? settings.last?.key ?? "-" : word.text.lowercased()
                    current = GenericSetting(key: key, values: [], line: number)
                } else if current != nil {
                    current?.values.append(word.text)
                } else {
                    current = GenericSetting(key: settings.last?.key ?? "", values: [word.text], line: number)
                }
            }
            if let current { settings.append(current) }
        }
        return settings
    }

    private struct Word {
        var text: String
        var isQuoted: Bool
        /// Whether `=` or `:` follows.
        var isAssigned = false
    }

    private static func withoutComment(_ text: ArraySlice<UInt8>, _ comment: String) -> ArraySlice<UInt8> {
        let mark = Array(comment.utf8)
        for index in text.indices where index > text.startIndex && Lines.isBlank(text[index - 1]) {
            if text[index...].starts(with: mark) { return text[..<index] }
        }
        return text
    }

    private static func words(_ text: ArraySlice<UInt8>) -> [Word] {
        var words: [Word] = []
        var rest = text
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                rest = rest.dropFirst()
                let inner = rest.prefix { $0 != byte }
                words.append(Word(text: ByteText.string(inner), isQuoted: true))
                rest = rest.dropFirst(inner.count + 1)
            } else if byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") {
                if !words.isEmpty { words[words.count - 1].isAssigned = true }
                rest = rest.dropFirst()
            } else if separates(byte) {
                rest = rest.dropFirst()
            } else {
                let word = rest.prefix { !separates($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ":") }
                words.append(Word(text: ByteText.string(word), isQuoted: false))
                rest = rest.dropFirst(word.count)
            }
        }
        return words
    }

    private static func separates(_ byte: UInt8) -> Bool { Lines.isBlank(byte) || ",;{}()".utf8.contains(byte) }

    /// Lines that begin with a blank continue; `::` stands before base64 (RFC 2849).
    private static func ldif(_ bytes: [UInt8]) -> [GenericSetting] {
        var lines: [(number: Int, bytes: [UInt8])] = []
        for (number, line) in Lines.split(bytes) {
            if line.first == 0x20, !lines.isEmpty {
                lines[lines.count - 1].bytes.append(contentsOf: line.dropFirst())
            } else {
                lines.append((number, Array(line)))
            }
        }
        return lines.compactMap { number, line in
            guard line.first != UInt8(ascii: "#"), let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                return nil
            }
            let key = ByteText.string(line[..<colon]).lowercased()
            var value = line[(colon + 1)...]
            let isEncoded = value.first == UInt8(ascii: ":")
            if isEncoded { value = value.dropFirst() }
            let text = Array(Lines.trimmed(value))
            let plain = isEncoded ? Base64.decode(text) ?? [] : text
            return GenericSetting(key: key, values: [ByteText.string(plain)], line: number)
        }
    }
}
