#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Plan {
    static let format = "steward-certificates-plan-1"

    /// The plan as a file: YAML of a plain kind, one fact a line, in an order that depends on the facts alone.
    package var text: String {
        var lines = [
            "# What would go into quarantine, and why. Nothing has been touched.",
            "# To keep a lineage, delete its part under `goes`. Any other change makes the plan void.",
            "format: \(Self.format)",
            "made: \"\(made.formatted(.iso8601))\"",
            "inventory: \"\(inventory)\"",
            "evidence: \"\(evidence)\"",
        ]
        lines += Self.list("looked", looked, indent: "") { ["- \(Self.quoted($0))"] }
        lines.append("")
        lines += Self.list("goes", removals, indent: "", Self.lines)
        lines.append("")
        lines += Self.list("stays", stays, indent: "") { stay in
            [
                "- lineage: \(Self.quoted(stay.lineage.name))", "  tree: \(Self.quoted(stay.lineage.tree))",
                "  state: \(stay.state.rawValue)", "  reason: \(Self.quoted(stay.reason))",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list<Element>(
        _ key: String, _ elements: [Element], indent: String, _ lines: (Element) -> [String]
    ) -> [String] {
        guard !elements.isEmpty else { return ["\(indent)\(key): []"] }
        return ["\(indent)\(key):"] + elements.flatMap(lines).map { "\(indent)  \($0)" }
    }

    private static func lines(_ removal: Removal) -> [String] {
        var lines = [
            "- lineage: \(quoted(removal.lineage.name))", "  tree: \(quoted(removal.lineage.tree))",
            "  state: \(removal.state.rawValue)",
        ]
        if let successor = removal.successor { lines.append("  successor: \(quoted(successor))") }
        lines += list("reasons", removal.reasons, indent: "  ") { ["- \(quoted($0))"] }
        lines += list("files", removal.files, indent: "  ") { ["- \(flow($0))"] }
        return lines
    }

    private static func flow(_ entry: FileEntry) -> String {
        let identity = entry.identity
        var text = "{path: \(quoted(entry.path.description)), kind: \(identity.kind.rawValue)"
        text += ", mode: \"\(octal(identity.mode))\", owner: \"\(identity.user):\(identity.group)\""
        text += ", modified: \"\(identity.modified)\""
        if identity.kind == .file { text += ", size: \(identity.size)" }
        if let target = identity.target { text += ", target: \(quoted(target.description))" }
        if let digest = identity.sha256 { text += ", sha256: \"\(digest)\"" }
        return text + "}"
    }

    static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// A string as JSON and YAML both read it.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || [0x2028, 0x2029, 0xFEFF].contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
