/// One line of a plan file: its indentation, whether it begins a list's element, its key and its value.
struct PlanLine {
    /// A value as written.
    enum Value: Hashable {
        /// Nothing after the colon: lines beneath it belong to it.
        case block
        /// `[]`.
        case empty
        case text(String)
        case map([String: String])
    }

    var number: Int
    var indent: Int
    var beginsElement: Bool
    /// nil for an element that is a bare value.
    var key: String?
    var value: Value

    /// Why a line can't be read.
    struct Fault: Error { var text: String }

    /// Reads a line; nil for a blank one or a comment.
    init?(_ line: Substring, number: Int) throws(Fault) {
        var scanner = PlanScanner(line)
        indent = scanner.skipSpaces()
        guard let first = scanner.peek, first != "#" else { return nil }
        guard first != "\t" else { throw Fault(text: "a tab; indent with spaces") }
        self.number = number
        beginsElement = scanner.take("- ")
        if beginsElement { indent += 2 }
        switch scanner.peek {
        case "\"": (key, value) = (nil, .text(try scanner.string()))
        case "{": (key, value) = (nil, .map(try scanner.map()))
        default:
            let word = scanner.word()
            guard !word.isEmpty, scanner.take(":") else { throw Fault(text: "`key: value` was expected") }
            key = word
            value = try scanner.value()
        }
        _ = scanner.skipSpaces()
        if let rest = scanner.peek, rest != "#" { throw Fault(text: "something follows the value") }
    }
}

/// Reads the parts of a plan's line.
struct PlanScanner {
    private var rest: Substring.UnicodeScalarView

    init(_ text: Substring) { rest = text.unicodeScalars }

    var peek: Unicode.Scalar? { rest.first }

    mutating func skipSpaces() -> Int {
        let count = rest.prefix { $0 == " " }.count
        rest = rest.dropFirst(count)
        return count
    }

    mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest = rest.dropFirst(text.unicodeScalars.count)
        return true
    }

    mutating func word() -> String {
        let word = rest.prefix { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-") }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    mutating func value() throws(PlanLine.Fault) -> PlanLine.Value {
        guard skipSpaces() > 0, let first = peek, first != "#" else { return .block }
        if take("[]") { return .empty }
        return .text(try scalar())
    }

    private mutating func scalar() throws(PlanLine.Fault) -> String {
        if peek == "\"" { return try string() }
        let word = word()
        guard !word.isEmpty else { throw PlanLine.Fault(text: "a value was expected: a word or \"text\"") }
        return word
    }

    mutating func map() throws(PlanLine.Fault) -> [String: String] {
        guard take("{") else { throw PlanLine.Fault(text: "`{` was expected") }
        var map: [String: String] = [:]
        repeat {
            _ = skipSpaces()
            let key = word()
            guard !key.isEmpty, take(":") else { throw PlanLine.Fault(text: "`key: value` was expected within { }") }
            _ = skipSpaces()
            guard map.updateValue(try scalar(), forKey: key) == nil else {
                throw PlanLine.Fault(text: "`\(key)` stands twice")
            }
        } while take(",")
        guard take("}") else { throw PlanLine.Fault(text: "`}` is missing") }
        return map
    }

    mutating func string() throws(PlanLine.Fault) -> String {
        guard take("\"") else { throw PlanLine.Fault(text: "`\"` was expected") }
        var result = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return String(result) }
            result.append(scalar == "\\" ? try escape() : scalar)
        }
        throw PlanLine.Fault(text: "the closing `\"` is missing")
    }

    private mutating func escape() throws(PlanLine.Fault) -> Unicode.Scalar {
        switch rest.popFirst() {
        case "\"": return "\""
        case "\\": return "\\"
        case "n": return "\n"
        case "u":
            let digits = String(rest.prefix(4))
            rest = rest.dropFirst(4)
            if digits.count == 4, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) {
                return scalar
            }
        default: break
        }
        throw PlanLine.Fault(text: "an escape that is none of \\\" \\\\ \\n \\uNNNN")
    }
}
