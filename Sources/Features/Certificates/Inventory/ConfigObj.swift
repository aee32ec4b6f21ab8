/// What Python's ConfigObj 5 makes of a file with `list_values` on and `encoding='utf-8'`, as certbot reads renewal
/// confs: sections, quoted values, lists, comments. Interpolation is left undone.
package struct ConfigObj: Hashable, Sendable {
    /// A value: one text, or a list where there is an unquoted comma.
    package enum Value: Hashable, Sendable {
        case text(String)
        case list([String])

        /// The text; a list's items joined with commas.
        package var text: String {
            switch self {
            case .text(let text): text
            case .list(let items): items.joined(separator: ",")
            }
        }

        /// The items; a text is one item.
        package var items: [String] {
            switch self {
            case .text(let text): [text]
            case .list(let items): items
            }
        }
    }

    /// A section: its keys and its subsections, in the file's order.
    package struct Section: Hashable, Sendable {
        package var keys: [String] = []
        var values: [[UInt8]: Value] = [:]
        var lines: [[UInt8]: Int] = [:]
        var names: [String] = []
        var sections: [[UInt8]: Section] = [:]

        // Keys are compared as bytes: Swift's strings are equal in forms that Python tells apart.
        package subscript(_ key: String) -> Value? { values[Array(key.utf8)] }
        package func section(_ name: String) -> Section? { sections[Array(name.utf8)] }
        package func line(of key: String) -> Int? { lines[Array(key.utf8)] }
        func holds(_ name: [UInt8]) -> Bool { values[name] != nil || sections[name] != nil }
    }

    /// One line that can't be read.
    package struct Failure: Error, Hashable, Sendable {
        package enum Reason: String, Hashable, Sendable {
            case notUTF8 = "not UTF-8"
            case depth = "a section's brackets don't match"
            case tooNested = "a section is nested too deep: the one above it is missing"
            case duplicateSection = "a section of this name was there before"
            case duplicateKey = "this key was there before"
            case invalidLine = "neither 'key = value' nor '[section]'"
            case invalidValue = "a quote or a comma of the value doesn't match"
            case openQuotes = "three quotes are opened and not closed"
        }

        package let line: Int
        package let reason: Reason
    }

    /// Everything outside of sections, and the sections.
    package var root = Section()
    /// The lines that can't be read, ascending. ConfigObj refuses the whole file if there is one.
    package var failures: [Failure] = []

    /// The sections that `[name]` lines lead to, outermost first.
    private var path: [[UInt8]] = []

    /// Parses a file's bytes.
    package init(_ bytes: [UInt8]) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Self.trimmedEnd)
        if String(validating: text, as: UTF8.self) == nil {
            let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            failures = [Failure(line: bad + 1, reason: .notUTF8)]
            return
        }
        var index = 0
        while index < lines.count { parse(lines, &index) }
    }

    /// Without the carriage returns at its end.
    private static func trimmedEnd(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        return line
    }

    private mutating func parse(_ lines: [ArraySlice<UInt8>], _ index: inout Int) {
        let number = index + 1
        let line = ConfigLine(lines[index])
        index += 1
        if line.isBlankOrComment { return }
        if let marker = line.sectionMarker() { return open(marker, line: number) }
        guard let (key, value) = line.keyword() else { return fail(number, .invalidLine) }
        let parsed: Value
        if value.starts(with: Array("\"\"\"".utf8)) || value.starts(with: Array("'''".utf8)) {
            guard let (text, next) = ConfigLine.multiline(value, lines, index) else { return fail(number, .openQuotes) }
            parsed = .text(text)
            index = next
        } else {
            var reader = ConfigValue(value)
            guard let plain = reader.parse() else { return fail(number, .invalidValue) }
            parsed = plain
        }
        let name = Array(ConfigLine.unquoted(key))
        add(name, parsed, line: number, last: index)
    }

    private mutating func fail(_ line: Int, _ reason: Failure.Reason) {
        failures.append(Failure(line: line, reason: reason))
    }

    private mutating func add(_ name: [UInt8], _ value: Value, line: Int, last: Int) {
        var duplicate = false
        Self.change(&root, path[...]) { section in
            duplicate = section.holds(name)
            if duplicate { return }
            section.keys.append(String(decoding: name, as: UTF8.self))
            section.values[name] = value
            section.lines[name] = line
        }
        // As ConfigObj counts: the line where a value of several lines ends.
        if duplicate { fail(last, .duplicateKey) }
    }

    private mutating func open(_ marker: ConfigLine.SectionMarker, line: Int) {
        guard marker.opened == marker.closed else { return fail(line, .depth) }
        guard marker.opened <= path.count + 1 else { return fail(line, .tooNested) }
        let name = Array(ConfigLine.unquoted(marker.name))
        let parent = path.prefix(marker.opened - 1)
        var duplicate = false
        Self.change(&root, parent) { section in
            duplicate = section.holds(name)
            if duplicate { return }
            section.names.append(String(decoding: name, as: UTF8.self))
            section.sections[name] = Section()
        }
        if duplicate { return fail(line, .duplicateSection) }
        path = parent + [name]
    }

    private static func change(_ section: inout Section, _ path: ArraySlice<[UInt8]>, _ body: (inout Section) -> Void) {
        guard let first = path.first else { return body(&section) }
        change(&section.sections[first, default: Section()], path.dropFirst(), body)
    }
}
