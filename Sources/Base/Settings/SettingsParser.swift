import Yams

/// Turns YAML text into nodes with places. Refuses what makes settings hard to read or easy to get wrong:
/// anchors and aliases, tags, duplicate keys, keys that are no scalars, several documents.
struct SettingsParser {
    /// One key whose first character stands replaced, so that Yams, which stops at the first duplicate,
    /// goes on to the next.
    private struct Disguise {
        var original: Unicode.Scalar
    }

    private var lines: [[Unicode.Scalar]]
    private var disguises: [SourceMark: Disguise] = [:]
    private var diagnostics: [SettingsDiagnostic] = []
    private let file: String

    private init(text: String, file: String) {
        lines = Self.lines(of: text)
        self.file = file
    }

    /// Cut where YAML 1.1 ends lines (section 5.4), so that Yams and this count them alike; columns count scalars.
    private static func lines(of text: String) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = [[]]
        var before: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where before == "\r": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lines.append([])
            default: lines[lines.count - 1].append(scalar)
            }
            before = scalar
        }
        return lines
    }

    /// The place of what Yams means, which for the end of the text may be a line further.
    private func place(line: Int, column: Int) -> SourceMark {
        guard lines.indices.contains(line - 1) else {
            return SourceMark(line: lines.count, column: lines[lines.count - 1].count + 1)
        }
        return SourceMark(line: line, column: min(max(column, 1), lines[line - 1].count + 1))
    }

    /// The root mapping of `text`; an empty file is an empty mapping. What is wrong goes to `reader`.
    static func parse(_ text: String, into reader: inout SettingsReader) -> SettingsNode {
        var parser = SettingsParser(text: text, file: reader.file)
        let root = parser.root()
        reader.append(parser.diagnostics)
        return root ?? SettingsNode(.mapping([]), mark: SourceMark(line: 1, column: 1), path: "")
    }

    private mutating func root() -> SettingsNode? {
        // Each round disguises one more duplicate; a file with more than that has other problems.
        for _ in 0..<200 {
            do {
                let parser = try Yams.Parser(yaml: text, encoding: .utf8)
                guard let node = try parser.singleRoot() else { return nil }
                // Nodes hold their anchors weakly: the parser owns them.
                return withExtendedLifetime(parser) { convert(node, path: "") }
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let mark = SourceMark(line: context.mark.line, column: context.mark.column)
                guard disguise(mark) else {
                    let place = place(line: mark.line, column: mark.column)
                    report("the key '\(names.first ?? "")' is set twice; keep one", mark: place, path: "")
                    return nil
                }
            } catch {
                report(error)
                return nil
            }
        }
        return nil
    }

    private var text: String {
        var scalars = String.UnicodeScalarView()
        for (index, line) in lines.enumerated() {
            if index > 0 { scalars.append("\n") }
            scalars.append(contentsOf: line)
        }
        return String(scalars)
    }

    private mutating func disguise(_ mark: SourceMark) -> Bool {
        guard lines.indices.contains(mark.line - 1) else { return false }
        var column = mark.column - 1
        guard lines[mark.line - 1].indices.contains(column) else { return false }
        if ["\"", "'"].contains(lines[mark.line - 1][column]) { column += 1 }
        let index = UInt32(disguises.count)
        guard lines[mark.line - 1].indices.contains(column), let stand = Unicode.Scalar(0xE000 + index) else {
            return false
        }
        let original = lines[mark.line - 1][column]
        guard disguises[mark] == nil, !["&", "!", "*", "\"", "'", ":"].contains(original) else { return false }
        disguises[mark] = Disguise(original: original)
        lines[mark.line - 1][column] = stand
        return true
    }

    private mutating func report(_ message: String, mark: SourceMark?, path: String) {
        diagnostics.append(SettingsDiagnostic(file: file, mark: mark, path: path, message: message))
    }

    private mutating func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _):
            let place = place(line: mark.line, column: mark.column)
            report(
                "this is not YAML: \(problem); check the indentation and quotes here and above", mark: place, path: "")
        case YamlError.composer(_, let problem, let mark, _):
            let place = place(line: mark.line, column: mark.column)
            let message =
                problem.contains("alias")
                ? "aliases (*name) are not allowed; write the value itself"
                : "a settings file holds one document; remove what follows '---'"
            report(message, mark: place, path: "")
        case YamlError.reader(let problem, _, _, _):
            report("this is not text: \(problem)", mark: placeOfControlCharacter(), path: "")
        default:
            report("this is not YAML: \(error)", mark: SourceMark(line: 1, column: 1), path: "")
        }
    }

    /// The first scalar that no YAML may hold (YAML 1.1, section 5.1). Yams tells an offset in grapheme clusters, and none
    /// inside of one.
    private func placeOfControlCharacter() -> SourceMark {
        for (index, line) in lines.enumerated() {
            if let column = line.firstIndex(where: { !Self.isPrintable($0) }) {
                return SourceMark(line: index + 1, column: column + 1)
            }
        }
        return place(line: 1, column: 1)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20...0x7e, 0x85, 0xa0...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }
}

extension SettingsParser {
    private mutating func convert(_ node: Node, path: String) -> SettingsNode {
        let mark = place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        if let anchor = node.anchor {
            let message = "anchors and aliases (&\(anchor.rawValue)) are not allowed; write the value where it is used"
            report(message, mark: mark, path: path)
            return refused(mark, path: path)
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return SettingsNode(.scalar(scalar.string, plain: isPlain), mark: mark, path: path)
        case .sequence(let sequence):
            var items: [SettingsNode] = []
            for (index, item) in sequence.enumerated() {
                items.append(convert(item, path: "\(path)[\(index)]"))
            }
            return SettingsNode(.list(items), mark: mark, path: path)
        case .mapping(let mapping):
            return SettingsNode(.mapping(entries(of: mapping, path: path)), mark: mark, path: path)
        case .alias:
            report("aliases (*name) are not allowed; write the value itself", mark: mark, path: path)
            return refused(mark, path: path)
        }
    }

    private func refused(_ mark: SourceMark, path: String) -> SettingsNode {
        var node = SettingsNode(.scalar("", plain: true), mark: mark, path: path)
        node.isRefused = true
        return node
    }

    private mutating func entries(of mapping: Node.Mapping, path: String) -> [SettingsNode.Entry] {
        var entries: [SettingsNode.Entry] = []
        var firstLine: [String: Int] = [:]
        for (keyNode, valueNode) in mapping {
            let mark = place(line: keyNode.mark?.line ?? 1, column: keyNode.mark?.column ?? 1)
            guard case .scalar(let scalar) = keyNode, keyNode.anchor == nil else {
                report("a key must be a word, without anchors", mark: mark, path: path)
                continue
            }
            let key = undisguised(scalar.string, at: mark)
            let child = path.isEmpty ? key : "\(path).\(key)"
            if key == "<<" {
                report("merge keys (<<) are not allowed; write the values themselves", mark: mark, path: path)
                continue
            }
            if let line = firstLine[key] {
                report("the key '\(key)' is set twice, first in line \(line); keep one", mark: mark, path: child)
                continue
            }
            firstLine[key] = mark.line
            entries.append(.init(key: key, keyMark: mark, value: convert(valueNode, path: child)))
        }
        return entries
    }

    private func undisguised(_ key: String, at mark: SourceMark) -> String {
        guard let disguise = disguises[mark], !key.isEmpty else { return key }
        var scalars = String.UnicodeScalarView([disguise.original])
        scalars.append(contentsOf: key.unicodeScalars.dropFirst())
        return String(scalars)
    }
}
