import StewardServer

/// What `steward check` prints; JSON and text show the same facts.
struct CheckReport: Encodable {
    /// The findings, area by area.
    let findings: [CheckFinding]

    /// How many are errors.
    var errors: Int { count(.error) }

    private func count(_ severity: CheckFinding.Severity) -> Int { findings.count { $0.severity == severity } }

    enum CodingKeys: CodingKey {
        case findings, errors, warnings, notes, ok
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(findings, forKey: .findings)
        try container.encode(count(.error), forKey: .errors)
        try container.encode(count(.warning), forKey: .warnings)
        try container.encode(count(.note), forKey: .notes)
        try container.encode(count(.ok), forKey: .ok)
    }

    /// One line for each finding, its remedy on a line of its own, a summary at the end.
    var lines: [String] {
        findings.flatMap { finding in
            let place = finding.place.map { "\($0): " } ?? ""
            let severity =
                finding.severity.rawValue + String(repeating: " ", count: 9 - finding.severity.rawValue.count)
            let area = finding.area + String(repeating: " ", count: max(1, 10 - finding.area.count))
            let line = TextTable.printable(severity + area + place + finding.message)
            return [line] + [finding.remedy].compactMap { $0 }.map { "         hint: " + TextTable.printable($0) }
        } + [summary]
    }

    private var summary: String {
        func part(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        return [
            part(count(.error), "error"), part(count(.warning), "warning"), part(count(.note), "note"),
            "\(count(.ok)) ok",
        ].joined(separator: ", ")
    }
}
