/// A macro of mod_macro.
struct ApacheMacro: Hashable, Sendable {
    /// A line and the file that holds it.
    struct Line: Hashable, Sendable {
        /// The inside path.
        var file: String
        /// The line.
        var line: ApacheLine
    }

    /// The parameters as written, sigil included.
    var parameters: [String]
    /// The body.
    var lines: [Line]

    /// The body with `arguments` for the parameters; of two parameters that fit, the longer one counts.
    func body(_ arguments: [String]) -> [Line] {
        let pairs = zip(parameters, arguments).filter { !$0.0.isEmpty }.sorted { $0.0.utf8.count > $1.0.utf8.count }
        guard !pairs.isEmpty else { return lines }
        return lines.map { line in
            var line = line
            line.line.rest = Self.substitute(line.line.rest, pairs)
            return line
        }
    }

    private static func substitute(_ text: String, _ pairs: [(String, String)]) -> String {
        let keys = pairs.map { Array($0.0.utf8) }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let hit = keys.firstIndex(where: { bytes[index...].starts(with: $0) }) {
                result.append(contentsOf: pairs[hit].1.utf8)
                index += keys[hit].count
            } else {
                result.append(bytes[index])
                index += 1
            }
            if result.count > 1 << 16 { break }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
