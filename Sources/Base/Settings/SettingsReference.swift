/// What the reference and the hints know about one key.
package struct FieldDescription: Hashable, Sendable {
    /// The key.
    package var name: String
    /// What it takes.
    package var kind: String
    /// Whether leaving it out is an error.
    package var isRequired: Bool
    /// The value when it is left out, as text.
    package var standard: String?
    /// A value worth showing.
    package var example: String?
    /// What it does, one or two sentences.
    package var summary: String
    /// For maps and lists what stands between this key and its children.
    package var childKey: String?
    /// The keys below.
    package var children: [FieldDescription]

    static func collectPlaces(
        _ fields: [FieldDescription], parent: String, into places: inout [String: [String]]
    ) {
        for field in fields {
            places[field.name, default: []].append(parent)
            collectPlaces(field.children, parent: field.path(under: parent), into: &places)
        }
    }

    /// `zones.PREFIX`, `keys[]`, `log`: the path of the mapping that holds the children.
    func path(under parent: String) -> String {
        let own = parent.isEmpty ? name : "\(parent).\(name)"
        switch childKey {
        case nil: return own
        case "[]": return own + "[]"
        case let key?: return "\(own).\(key)"
        }
    }
}

/// Writes the settings reference from the sections' own descriptions, so that it can't drift from the code.
package enum SettingsReference {
    /// A Markdown page: `introduction`, a table for each mapping.
    package static func markdown(
        title: String, introduction: String, fields: [FieldDescription]
    ) -> String {
        var page = "# \(title)\n\n\(introduction)\n"
        write(fields, heading: "The file", path: "", to: &page)
        return page
    }

    private static func write(
        _ fields: [FieldDescription], heading: String, path: String, to page: inout String
    ) {
        page += "\n## \(heading)\n\n| key | takes | default | meaning |\n|---|---|---|---|\n"
        for field in fields {
            let example = field.example.map { " Example: `\($0)`." } ?? ""
            let cells = [
                "`\(field.name)`", field.kind, standard(of: field), field.summary + example,
            ]
            page += "| " + cells.map(escape).joined(separator: " | ") + " |\n"
        }
        for field in fields where !field.children.isEmpty {
            let child = field.path(under: path)
            write(field.children, heading: "`\(child)`", path: child, to: &page)
        }
    }

    private static func standard(of field: FieldDescription) -> String {
        if field.isRequired { return "required" }
        guard let standard = field.standard, !standard.isEmpty else { return "-" }
        // Defaults said in words carry spaces; values are code.
        return standard.contains(" ") ? standard : "`\(standard)`"
    }

    private static func escape(_ cell: String) -> String {
        cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
