extension CheckReport {
    /// For a terminal: each finding with its place first, as compilers have it, and the lines of the source.
    public func terminalText(columns: Int = 80) -> String {
        var lines: [String] = []
        for finding in findings {
            lines += Self.wrapped(finding.description, max(40, columns))
            lines += [finding.place, finding.other].compactMap { $0 }.filter { !$0.text.isEmpty }.map(Self.quoted)
            if finding.count > 1 && finding.kind != .unwrittenOutput {
                lines.append("       seen \(finding.count) times")
            }
        }
        for limit in limits { lines += Self.wrapped(limit, max(40, columns)) }
        return (lines + [summary]).joined(separator: "\n") + "\n"
    }

    /// `saxpy: nothing found in 1024 threads and 3000 accesses`.
    public var summary: String {
        let counts = [(Finding.Severity.error, "error"), (.warning, "warning"), (.note, "note")].compactMap {
            severity, word in
            let count = findings.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        let found = counts.isEmpty ? "nothing found" : counts.joined(separator: ", ")
        return "\(kernel): \(found) in \(threads) threads and \(accesses) accesses"
            + (isComplete ? "" : ", up to where it ended")
    }

    private static func quoted(_ place: Finding.Place) -> String {
        let number = "\(place.line)"
        return String(repeating: " ", count: max(0, 5 - number.count)) + "\(number) | \(place.text)"
    }

    private static func wrapped(_ text: String, _ columns: Int) -> [String] {
        var result: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                result.append(line)
                line = "    " + word
            } else {
                line += line.isEmpty ? String(word) : " " + word
            }
        }
        return result + [line]
    }
}
