/// One statement of an Exim configuration.
package struct EximStatement: Hashable, Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
        /// `NAME = value`: a macro.
        case macro
        /// `option = value`.
        case option
        /// `.include`.
        case include
        /// `.include_if_exists`.
        case optionalInclude
    }

    /// What it is.
    package var kind: Kind
    /// The macro's or option's name; empty for includes.
    package var name: String
    /// The value or the path.
    package var value: String
    /// The line.
    package var line: Int
    /// Whether it stands in no `.ifdef` and the like.
    package var isCertain: Bool
}

/// Reads Exim's run time configuration (Exim specification, chapter 6). Takes any bytes.
package enum EximParser {
    /// The macros, options and includes of `bytes`.
    package static func parse(_ bytes: [UInt8]) -> [EximStatement] {
        var statements: [EximStatement] = []
        var depth = 0
        for (text, line) in logicalLines(bytes) {
            if text.hasPrefix(".") {
                let words = PostfixParser.words(text)
                switch words[0] {
                case ".ifdef", ".ifndef": depth += 1
                case ".endif": depth = max(0, depth - 1)
                case ".include", ".include_if_exists":
                    guard words.count > 1 else { continue }
                    statements.append(
                        EximStatement(
                            kind: words[0] == ".include" ? .include : .optionalInclude, name: "",
                            value: DovecotParser.unquoted(words[1]), line: line, isCertain: depth == 0))
                default: break
                }
                continue
            }
            guard let equals = text.firstIndex(of: "=") else { continue }
            var name = PostfixParser.trimmed(text[..<equals])
            // `==` redefines a macro.
            var value = text[text.index(after: equals)...]
            if value.hasPrefix("=") { value = value.dropFirst() }
            if name.hasPrefix("hide ") { name = PostfixParser.trimmed(name.dropFirst(5)) }
            let isMacro = name.unicodeScalars.first.map { $0.properties.isUppercase } ?? false
            statements.append(
                EximStatement(
                    kind: isMacro ? .macro : .option, name: name,
                    value: DovecotParser.unquoted(PostfixParser.trimmed(value)), line: line, isCertain: depth == 0))
        }
        return statements
    }

    /// Lines joined where they end in a backslash; comment lines in between don't count.
    private static func logicalLines(_ bytes: [UInt8]) -> [(text: String, line: Int)] {
        var lines: [(String, Int)] = []
        var held: (text: String, line: Int)?
        for (number, line) in Lines.split(bytes) {
            let trimmed = Lines.trimmed(line)
            if trimmed.first == UInt8(ascii: "#") { continue }
            var text = ByteText.string(trimmed)
            let isContinued = text.hasSuffix("\\")
            if isContinued { text.removeLast() }
            let joined = ((held?.text ?? "") + text, held?.line ?? number)
            held = isContinued ? joined : nil
            if !isContinued, !joined.0.isEmpty { lines.append(joined) }
        }
        if let held, !held.text.isEmpty { lines.append((held.text, held.line)) }
        return lines
    }

    /// Every path that the expansion `text` can name (Exim specification, chapter 11): what stands between braces and
    /// blanks and begins with a slash, a variable in it being unknown.
    package static func paths(_ text: String) -> [String] {
        var flat = String.UnicodeScalarView()
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "$" else {
                flat.append(scalars[index])
                index += 1
                continue
            }
            index += 1
            let isBraced = index < scalars.count && scalars[index] == "{"
            var end = isBraced ? index + 1 : index
            let start = end
            while end < scalars.count, isNameScalar(scalars[end]) { end += 1 }
            if isBraced, end < scalars.count, scalars[end] == "}", end > start {
                flat.append(PossiblePath.unknown)
                index = end + 1
            } else if isBraced {
                // An operator such as `${if ...}`: its arguments come next, in braces.
                index = (end < scalars.count && scalars[end] == ":") ? end + 1 : end
                flat.append(contentsOf: (end > start && index > end ? [PossiblePath.unknown] : [" "]))
            } else if end > start {
                flat.append(PossiblePath.unknown)
                index = end
            }
        }
        let words = flat.split { "{}".unicodeScalars.contains($0) || $0.properties.isWhitespace }
        return words.map { String(Substring($0)) }.filter(PathText.isAbsolute)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || (scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil))
    }
}
