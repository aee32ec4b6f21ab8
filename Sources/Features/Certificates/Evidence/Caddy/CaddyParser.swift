/// One line of a Caddyfile as its words.
package struct CaddyLine: Hashable, Sendable {
    /// The words; braces are words of their own.
    package var words: [String]
    /// The line.
    package var line: Int
}

/// Reads the Caddyfile's grammar (caddyserver.com/docs/caddyfile/concepts). Takes any bytes.
package enum CaddyParser {
    /// The lines of `bytes` that hold words. Words in quotes or backquotes may span lines.
    package static func parse(_ bytes: [UInt8]) -> [CaddyLine] {
        var lines: [CaddyLine] = []
        var words: [String] = []
        var word: [UInt8] = []
        var isOpen = false
        var quote: UInt8?
        var line = 1
        var start = 1
        func endWord() {
            if isOpen { words.append(ByteText.string(word)) }
            word = []
            isOpen = false
        }
        func endLine() {
            endWord()
            if !words.isEmpty { lines.append(CaddyLine(words: words, line: start)) }
            words = []
        }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == UInt8(ascii: "\n") { line += 1 }
            if let open = quote {
                if byte == open {
                    quote = nil
                    endWord()
                } else if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\""), next == open {
                    word.append(next)
                    index += 1
                } else {
                    word.append(byte)
                }
            } else if byte == UInt8(ascii: "\\"), next == UInt8(ascii: "\n") {
                endWord()
                line += 1
                index += 1
            } else if byte == UInt8(ascii: "\n") {
                endLine()
            } else if Lines.isBlank(byte) {
                endWord()
            } else if !isOpen, byte == UInt8(ascii: "#") {
                while index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "\n") { index += 1 }
            } else {
                if words.isEmpty, !isOpen { start = line }
                if !isOpen, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
                    quote = byte
                } else {
                    word.append(byte)
                }
                isOpen = true
            }
            index += 1
        }
        endLine()
        return lines
    }

    /// `word` with `{$NAME}` from `environment` and `{args[N]}` from `arguments`; other placeholders are unknown.
    package static func expand(_ word: String, _ environment: [String: String], arguments: [String]) -> String {
        let scalars = Array(word.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "{", let close = scalars[index...].firstIndex(of: "}"), close > index + 1 else {
                result.append(scalars[index])
                index += 1
                continue
            }
            var name = String.UnicodeScalarView()
            name.append(contentsOf: scalars[(index + 1)..<close])
            result.append(contentsOf: value(String(name), environment, arguments).unicodeScalars)
            index = close + 1
        }
        return String(result)
    }

    private static func value(_ name: String, _ environment: [String: String], _ arguments: [String]) -> String {
        if name.hasPrefix("$") {
            let parts = name.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return environment[String(parts[0])] ?? (parts.count > 1 ? String(parts[1]) : PossiblePath.unknownText)
        }
        if name.hasPrefix("env.") { return environment[String(name.dropFirst(4))] ?? PossiblePath.unknownText }
        for prefix in ["args[", "args."] where name.hasPrefix(prefix) {
            if let index = Int(name.dropFirst(5).prefix { $0.isNumber }), arguments.indices.contains(index) {
                return arguments[index]
            }
        }
        return PossiblePath.unknownText
    }
}
