/// Collects what is wrong while a section reads a settings file, so that all of it is told at once.
package struct SettingsReader: Sendable {
    /// The file as the user named it.
    package let file: String
    /// What was found so far.
    package private(set) var diagnostics: [SettingsDiagnostic] = []
    /// For each key of the whole schema the sections that have it: the hint for a key in the wrong place.
    let places: [String: [String]]

    /// A reader of `file`; `schema` is the description of the root section's fields.
    package init(file: String, schema: [FieldDescription] = []) {
        self.file = file
        var places: [String: [String]] = [:]
        FieldDescription.collectPlaces(schema, parent: "", into: &places)
        self.places = places
    }

    /// Reports `message` for `node`.
    package mutating func report(_ message: String, at node: SettingsNode) {
        if !node.isRefused { report(message, mark: node.mark, path: node.path) }
    }

    /// Reports `message` for a place.
    package mutating func report(_ message: String, mark: SourceMark?, path: String) {
        diagnostics.append(SettingsDiagnostic(file: file, mark: mark, path: path, message: message))
    }

    mutating func append(_ more: [SettingsDiagnostic]) {
        diagnostics += more
    }

    /// Throws what was reported, if anything.
    package func throwIfAny() throws(SettingsError) {
        if !diagnostics.isEmpty { throw SettingsError(diagnostics) }
    }

    mutating func reportUnknown(_ entry: SettingsNode.Entry, in section: SettingsNode, known: [String]) {
        let hint: String
        if let nearest = Spelling.nearest(to: entry.key, among: known) {
            hint = "did you mean '\(nearest)'?"
        } else if let place = places[entry.key]?.first {
            hint = "'\(entry.key)' belongs \(place.isEmpty ? "at the top of the file" : "under '\(place)'")"
        } else {
            hint = "known here: \(known.sorted().joined(separator: ", "))"
        }
        report("unknown key '\(entry.key)'; \(hint)", mark: entry.keyMark, path: section.path)
    }
}
