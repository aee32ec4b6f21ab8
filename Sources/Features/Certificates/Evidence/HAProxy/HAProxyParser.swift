/// One line of an HAProxy configuration.
package struct HAProxyLine: Hashable, Sendable {
    /// The words, quotes and backslashes taken off; environment variables resolved, unknown ones as
    /// ``PossiblePath/unknown``.
    package var words: [String]
    /// The line.
    package var line: Int
}

/// Reads HAProxy's configuration language (configuration manual, section 2.2, "Quoting and escaping", and 2.3,
/// "Environment variables"). Takes any bytes.
package enum HAProxyParser {
    /// The lines of `bytes` that hold words; `setenv` and `presetenv` add to `environment`.
    package static func parse(_ bytes: [UInt8], environment: inout [String: String]) -> [HAProxyLine] {
        var lines: [HAProxyLine] = []
        for (number, line) in Lines.split(bytes) {
            let words = words(ByteText.string(line), environment)
            if words.isEmpty { continue }
            if words[0] == "setenv" || words[0] == "presetenv", words.count > 2 {
                if words[0] == "setenv" || environment[words[1]] == nil { environment[words[1]] = words[2] }
            }
            lines.append(HAProxyLine(words: words, line: number))
        }
        return lines
    }

    /// The words of one line.
    package static func words(_ text: String, _ environment: [String: String] = [:]) -> [String] {
        var rest = text.unicodeScalars[...]
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var isOpen = false
        var quote: Unicode.Scalar?
        while let scalar = rest.popFirst() {
            if scalar == quote {
                quote = nil
            } else if quote == "'" {
                word.append(scalar)
            } else if scalar == "\\" {
                if let next = rest.popFirst() { word.append(next) }
                isOpen = true
            } else if scalar == "$", quote == "\"" {
                word.append(contentsOf: variable(&rest, environment).unicodeScalars)
            } else if quote != nil {
                word.append(scalar)
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
                isOpen = true
            } else if scalar == "#" {
                break
            } else if scalar.properties.isWhitespace {
                if isOpen { words.append(String(word)) }
                word = String.UnicodeScalarView()
                isOpen = false
            } else {
                word.append(scalar)
                isOpen = true
            }
        }
        if isOpen { words.append(String(word)) }
        return words
    }

    /// `$NAME`, `${NAME}`, `${NAME-default}`; only within `"`.
    private static func variable(
        _ rest: inout Substring.UnicodeScalarView, _ environment: [String: String]
    ) -> String {
        let isBraced = rest.first == "{"
        if isBraced { rest.removeFirst() }
        let name = rest.prefix {
            $0 == "_" || ($0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil))
        }
        rest = rest.dropFirst(name.count)
        if name.isEmpty && !isBraced { return "$" }
        var fallback: String?
        if isBraced {
            let tail = rest.prefix { $0 != "}" }
            rest = rest.dropFirst(tail.count + 1)
            if tail.first == "-" { fallback = String(Substring(tail.dropFirst())) }
        }
        return environment[String(Substring(name))] ?? fallback ?? PossiblePath.unknownText
    }

    /// The entries of a crt-list (configuration manual, `crt-list`): a file, then its options in brackets.
    package static func list(_ bytes: [UInt8]) -> [(path: String, files: [String], line: Int)] {
        Lines.split(bytes).compactMap { number, line in
            let text = Lines.trimmed(line)
            guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
            let path = text.prefix { !Lines.isBlank($0) && $0 != UInt8(ascii: "[") }
            guard !path.isEmpty else { return nil }
            var files: [String] = []
            if let open = text.firstIndex(of: UInt8(ascii: "[")),
                let close = text[open...].firstIndex(of: UInt8(ascii: "]"))
            {
                let words = PostfixParser.words(ByteText.string(text[(open + 1)..<close]))
                files = zip(words, words.dropFirst()).filter { ["ca-file", "crl-file", "ocsp"].contains($0.0) }.map(\.1)
            }
            return (ByteText.string(path), files, number)
        }
    }
}
