/// Reads what clang and g++ say: `file:line:column: error: text`.
package enum CompilerMessages {
    /// The messages about the user's file; where there are none, all of them, without the names of files that the user
    /// has never seen.
    package static func diagnostics(_ output: String, file: String) -> [ComputeError.Diagnostic] {
        let lines = output.split(separator: "\n").map(String.init)
        let missing = missingFunctions(lines)
        if !missing.isEmpty {
            return missing.map { name in
                ComputeError.Diagnostic(
                    severity: .error, file: file, line: 0, column: 0,
                    text: "'\(name)' is declared and used, but not defined")
            }
        }
        let all = lines.compactMap(diagnostic)
        let own = all.filter { $0.file == file }
        if own.contains(where: { $0.severity == .error }) { return own }
        return all.filter { $0.severity == .error }.map {
            ComputeError.Diagnostic(severity: .error, file: file, line: 0, column: 0, text: $0.text)
        }
    }

    /// What the linker misses, in the order of its lines.
    private static func missingFunctions(_ lines: [String]) -> [String] {
        var names: [String] = []
        for line in lines {
            for mark in ["undefined reference to `", "undefined symbol: "] {
                guard let place = line.firstRange(of: mark) else { continue }
                let name = String(line[place.upperBound...].prefix { $0 != "'" })
                if !names.contains(name) { names.append(name) }
            }
        }
        return names
    }

    private static let marks: [(String, ComputeError.Diagnostic.Severity)] = [
        (": fatal error: ", .error), (": error: ", .error), (": warning: ", .warning), (": note: ", .note),
    ]

    private static func diagnostic(_ line: String) -> ComputeError.Diagnostic? {
        for (mark, severity) in marks {
            guard let place = line.firstRange(of: mark) else { continue }
            var words = line[..<place.lowerBound].split(separator: ":", omittingEmptySubsequences: false)
            var numbers: [Int] = []
            while numbers.count < 2, words.count > 1, let number = Int(words.last!) {
                numbers.insert(number, at: 0)
                words.removeLast()
            }
            return ComputeError.Diagnostic(
                severity: severity, file: words.joined(separator: ":"), line: numbers.first ?? 0,
                column: numbers.count > 1 ? numbers[1] : 0, text: plain(line[place.upperBound...]))
        }
        return nil
    }

    /// Without the shim's own words.
    private static func plain(_ text: Substring) -> String {
        String(text).replacing("const steward_gate, const uint3, const uint3, const dim3, const dim3, ", with: "")
            .replacing("steward_gate, uint3, uint3, dim3, dim3, ", with: "")
    }
}
