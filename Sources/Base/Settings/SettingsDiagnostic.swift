/// A place in a settings file; both numbers count from 1, columns in Unicode scalars.
package struct SourceMark: Hashable, Sendable, Comparable {
    /// Line, the first is 1.
    package var line: Int
    /// Column, the first is 1.
    package var column: Int

    /// A place at `line` and `column`.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing wrong with the settings: where, which key, what, and the way out.
package struct SettingsDiagnostic: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it, or where else the value came from (`environment`, `--listen`).
    package var file: String
    /// The place in the file; nil for values that come from no file.
    package var mark: SourceMark?
    /// The key with its parents, `zones./api.timeout`; empty for the whole file.
    package var path: String
    /// What is wrong and what to write instead.
    package var message: String

    /// A diagnostic for `path` in `file`.
    package init(file: String, mark: SourceMark?, path: String, message: String) {
        self.file = file
        self.mark = mark
        self.path = path
        self.message = message
    }

    /// `steward.yaml:12:5: zones./api.timeout: message`.
    package var description: String {
        let place = mark.map { "\(file):\($0.line):\($0.column)" } ?? file
        return path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}

/// Everything that is wrong with the settings, in the order of the file.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one diagnostic.
    package var diagnostics: [SettingsDiagnostic]

    /// An error of `diagnostics`, which it sorts by their place.
    package init(_ diagnostics: [SettingsDiagnostic]) {
        self.diagnostics = diagnostics.enumerated().sorted { left, right in
            let first = left.element.mark ?? SourceMark(line: .max, column: 0)
            let second = right.element.mark ?? SourceMark(line: .max, column: 0)
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }

    /// One line for each diagnostic.
    package var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}
