/// Reads what clang and g++ say: `file:line:column: error: text`.
package enum CompilerMessages {
    /// The messages about the user's file; where there are none, all of them, without the names of files that the user
    /// has never seen.
    package static func diagnostics(_ output: String, file: String) -> [ComputeError.Diagnostic] {
        let all = output.split(separator: "\n").compactMap { diagnostic(String($0)) }
        let own = all.filter { $0.file == file }
        if own.contains(where: { $0.severity == .error }) { return own }
        return all.filter { $0.severity == .error }.map {
            ComputeError.Diagnostic(severity: .error, file: file, line: 0, column: 0, text: $0.text)
        }
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
