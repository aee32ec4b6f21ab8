/// One line of an Apache configuration: a directive, or the begin or end of a section.
package struct ApacheLine: Hashable, Sendable {
    /// What kind of line it is.
    package enum Kind: Hashable, Sendable {
        case directive
        case open
        case close
    }

    /// What kind of line it is.
    package var kind: Kind
    /// The directive's or section's name, lower case.
    package var name: String
    /// What follows the name, blanks at both ends taken off.
    package var rest: String
    /// The line where it begins.
    package var line: Int
}

/// Reads Apache's configuration language line by line (httpd's server/config.c, ap_build_config and
/// ap_getword_conf): continuations, comments, sections, quotes. Takes any bytes.
package enum ApacheParser {
    /// The lines of `bytes` that are no comments.
    package static func parse(_ bytes: [UInt8]) -> [ApacheLine] {
        var lines: [ApacheLine] = []
        for (text, number) in logicalLines(bytes) {
            if let line = line(text[...], number) { lines.append(line) }
        }
        return lines
    }

    /// One line's meaning; nil for blanks and comments.
    package static func line(_ text: ArraySlice<UInt8>, _ number: Int) -> ApacheLine? {
        var text = Lines.trimmed(text)
        guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
        var kind = ApacheLine.Kind.directive
        if first == UInt8(ascii: "<") {
            text = text.dropFirst()
            kind = text.first == UInt8(ascii: "/") ? .close : .open
            if kind == .close { text = text.dropFirst() }
            if let end = text.lastIndex(of: UInt8(ascii: ">")) { text = text[..<end] }
        }
        let name = text.prefix { !Lines.isBlank($0) }
        let rest = Lines.trimmed(text.dropFirst(name.count))
        return ApacheLine(
            kind: kind, name: ByteText.string(name).lowercased(), rest: ByteText.string(rest), line: number)
    }

    /// Lines with those joined that end in a backslash; an escaped backslash joins nothing.
    private static func logicalLines(_ bytes: [UInt8]) -> [(text: [UInt8], line: Int)] {
        var lines: [([UInt8], Int)] = []
        var held: (text: [UInt8], line: Int)?
        for (number, line) in Lines.split(bytes) {
            var text = Array(line)
            let isContinued = text.last == UInt8(ascii: "\\")
            if isContinued { text.removeLast() }
            let joined = (text: (held?.text ?? []) + text, line: held?.line ?? number)
            if isContinued {
                held = joined
            } else {
                lines.append(joined)
                held = nil
            }
        }
        if let held { lines.append(held) }
        return lines
    }

    /// The arguments of a directive: words, or text in `"` or `'` where a backslash quotes the quote.
    package static func arguments(_ rest: String) -> [String] {
        let scalars = Array(rest.unicodeScalars)
        var arguments: [String] = []
        var index = 0
        while index < scalars.count {
            if scalars[index].properties.isWhitespace {
                index += 1
                continue
            }
            var word = String.UnicodeScalarView()
            if scalars[index] == "\"" || scalars[index] == "'" {
                let quote = scalars[index]
                index += 1
                while index < scalars.count, scalars[index] != quote {
                    if scalars[index] == "\\", index + 1 < scalars.count,
                        scalars[index + 1] == quote || scalars[index + 1] == "\\"
                    {
                        index += 1
                    }
                    word.append(scalars[index])
                    index += 1
                }
                index += 1
            } else {
                while index < scalars.count, !scalars[index].properties.isWhitespace {
                    word.append(scalars[index])
                    index += 1
                }
            }
            arguments.append(String(word))
        }
        return arguments
    }
}
