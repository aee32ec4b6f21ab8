#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Plan {
    /// Reads a plan file.
    /// - Parameters:
    ///   - text: The file's content.
    ///   - name: How errors name the file.
    /// - Throws: ``RemovalError`` of the code `planInvalid` that names the line.
    package init(text: String, name: String = "plan") throws(RemovalError) {
        var lines: [PlanLine] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            do throws(PlanLine.Fault) {
                if let parsed = try PlanLine(line, number: index + 1) { lines.append(parsed) }
            } catch {
                throw PlanParser.invalid(name, index + 1, error.text)
            }
        }
        var parser = PlanParser(lines: lines[...], name: name)
        self = try parser.plan()
    }
}

/// Reads a plan from its lines, by recursive descent.
struct PlanParser {
    var lines: ArraySlice<PlanLine>
    let name: String

    static func invalid(_ name: String, _ line: Int, _ text: String) -> RemovalError {
        RemovalError(
            .planInvalid, "\(name):\(line): \(text).", "Make the plan again, or undo what was changed in the file.")
    }

    private func fault(_ line: PlanLine?, _ text: String) -> RemovalError {
        Self.invalid(name, line?.number ?? lines.first?.number ?? 1, text)
    }

    mutating func plan() throws(RemovalError) -> Plan {
        let format = try text("format", indent: 0)
        guard format == Plan.format else {
            throw fault(nil, "the format is \(format); this program reads \(Plan.format)")
        }
        let line = lines.first
        guard let made = try? Date(text("made", indent: 0), strategy: .iso8601) else {
            throw fault(line, "`made` must be a time such as \"2026-01-31T12:00:00Z\"")
        }
        let inventory = try text("inventory", indent: 0)
        let evidence = try text("evidence", indent: 0)
        let looked = try texts("looked", indent: 0)
        let removals = try elements("goes", indent: 0) { (parser) throws(RemovalError) in try parser.removal() }
        let stays = try elements("stays", indent: 0) { (parser) throws(RemovalError) in try parser.stay() }
        if let extra = lines.first { throw fault(extra, "nothing was expected here") }
        return Plan(
            made: made, inventory: inventory, evidence: evidence, looked: looked, removals: removals, stays: stays)
    }

    private mutating func removal() throws(RemovalError) -> Plan.Removal {
        let (lineage, state) = try head()
        let successor = lines.first?.key == "successor" ? try text("successor", indent: 4) : nil
        let reasons = try texts("reasons", indent: 4)
        let files = try elements("files", indent: 4) { (parser) throws(RemovalError) in try parser.file() }
        return Plan.Removal(lineage: lineage, state: state, successor: successor, reasons: reasons, files: files)
    }

    private mutating func stay() throws(RemovalError) -> Plan.Stay {
        let (lineage, state) = try head()
        return Plan.Stay(lineage: lineage, state: state, reason: try text("reason", indent: 4))
    }

    private mutating func head() throws(RemovalError) -> (Lineage.ID, Verdict.State) {
        let name = try text("lineage", indent: 4, beginsElement: true)
        let tree = try text("tree", indent: 4)
        let line = lines.first
        let word = try text("state", indent: 4)
        guard let state = Verdict.State(rawValue: word) else { throw fault(line, "`\(word)` is no state") }
        return (Lineage.ID(tree: tree, name: name), state)
    }

    private mutating func file() throws(RemovalError) -> FileEntry {
        guard let line = lines.popFirst(), line.beginsElement, case .map(let map) = line.value else {
            throw fault(nil, "`- {path: ...}` was expected")
        }
        guard let entry = FileEntry(map) else { throw fault(line, "this does not describe a file of a lineage") }
        return entry
    }

    private mutating func text(
        _ key: String, indent: Int, beginsElement: Bool = false
    ) throws(RemovalError) -> String {
        guard let line = lines.popFirst() else { throw RemovalError(.planInvalid, "\(name): `\(key)` is missing.") }
        guard line.key == key, line.indent == indent, line.beginsElement == beginsElement,
            case .text(let text) = line.value
        else { throw fault(line, "`\(key)` was expected, indented by \(indent)") }
        return text
    }

    private mutating func texts(_ key: String, indent: Int) throws(RemovalError) -> [String] {
        try elements(key, indent: indent) { (parser) throws(RemovalError) in
            guard let line = parser.lines.popFirst(), case .text(let text) = line.value, line.key == nil else {
                throw parser.fault(nil, "`- \"text\"` was expected")
            }
            return text
        }
    }

    private mutating func elements<Element>(
        _ key: String, indent: Int, _ element: (inout Self) throws(RemovalError) -> Element
    ) throws(RemovalError) -> [Element] {
        guard let line = lines.popFirst() else { throw RemovalError(.planInvalid, "\(name): `\(key)` is missing.") }
        guard line.key == key, line.indent == indent, !line.beginsElement, line.value == .block || line.value == .empty
        else { throw fault(line, "`\(key):` was expected, indented by \(indent)") }
        var elements: [Element] = []
        guard line.value == .block else { return elements }
        while let next = lines.first, next.indent > indent {
            guard next.indent == indent + 4, next.beginsElement else {
                throw fault(next, "an element of `\(key)` was expected, indented by \(indent + 2)")
            }
            elements.append(try element(&self))
        }
        return elements
    }
}

extension FileEntry {
    /// From the words of a plan's line; nil where one is missing, unknown or says no such thing.
    init?(_ map: [String: String]) {
        let known: Set = ["path", "kind", "mode", "owner", "modified", "size", "target", "sha256"]
        guard known.isSuperset(of: map.keys), let path = map["path"].flatMap(TreePath.init(text:)), path.isConfined,
            let kind = map["kind"].flatMap(FileIdentity.Kind.init),
            let mode = map["mode"].flatMap({ UInt32($0, radix: 8) }),
            mode <= 0o7777, let modified = map["modified"].flatMap(FileTime.init)
        else { return nil }
        let owner = (map["owner"] ?? "").split(separator: ":").map { UInt32($0) }
        guard owner.count == 2, let user = owner[0], let group = owner[1] else { return nil }
        let size = map["size"].map { Int64($0) } ?? 0
        let target = map["target"].map { TreePath(text: $0) }
        guard let size, size >= 0, target != .some(nil) else { return nil }
        self.init(
            path: path,
            identity: FileIdentity(
                kind: kind, mode: mode, user: user, group: group, size: size, modified: modified,
                target: target ?? nil, sha256: map["sha256"]))
    }
}
