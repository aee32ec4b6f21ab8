import StewardSettings

/// One thing that `steward check` looked at: how it stands, where, and what to do.
package struct CheckFinding: Hashable, Sendable, Codable {
    /// How it stands.
    package enum Severity: String, Hashable, Sendable, CaseIterable, Codable {
        /// The server won't start, or won't do what the settings say.
        case error
        /// Likely not what was meant.
        case warning
        /// Worth knowing.
        case note
        /// As it should be.
        case ok
    }

    /// How it stands.
    package var severity: Severity
    /// What was looked at: `settings`, `python`, `scripts`, `isolation`, `gpu`, `state`, `listen`, `tls`, `access`, `log`, `certs`, `dane`, `limits`, `clock`.
    package var area: String
    /// The file, zone, key or address that it is about; `file:line:column` for settings and scripts.
    package var place: String?
    /// What is so; a sentence.
    package var message: String
    /// What to do; a sentence. Nil where there is nothing to do.
    package var remedy: String?

    /// A finding.
    package init(
        _ severity: Severity, _ area: String, at place: String? = nil, _ message: String, remedy: String? = nil
    ) {
        self.severity = severity
        self.area = area
        self.place = place
        self.message = message
        self.remedy = remedy
    }

    enum CodingKeys: String, CodingKey {
        case severity, area, message, remedy
        case place = "where"
    }
}

extension CheckFinding {
    /// What is wrong with the settings, one finding for each diagnostic.
    package static func settings(_ error: SettingsError) -> [CheckFinding] {
        error.diagnostics.map { diagnostic in
            let place = diagnostic.mark.map { "\(diagnostic.file):\($0.line):\($0.column)" } ?? diagnostic.file
            let subject = diagnostic.path.isEmpty ? "" : "\(diagnostic.path): "
            return CheckFinding(.error, "settings", at: place, subject + diagnostic.message)
        }
    }
}

extension String {
    /// With a capital and a full stop.
    var asSentence: String {
        let whole = prefix(1).uppercased() + dropFirst()
        return whole.hasSuffix(".") ? whole : whole + "."
    }
}
