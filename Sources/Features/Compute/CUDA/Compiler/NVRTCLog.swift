/// Reads NVRTC's log: `saxpy.cu(3): error: identifier "q" is undefined`, the source's line, and a caret under the place.
package enum NVRTCLog {
    /// The diagnostics in the log's order.
    package static func diagnostics(_ log: String) -> [ComputeError.Diagnostic] {
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false)
        var found: [ComputeError.Diagnostic] = []
        var isFresh = false
        for line in lines {
            if let diagnostic = diagnostic(line) {
                found.append(diagnostic)
                isFresh = true
            } else if isFresh, let caret = caret(line) {
                found[found.count - 1].column = max(1, caret - indentation)
                isFresh = false
            }
        }
        return found
    }

    /// NVRTC shows the source's line behind two blanks.
    private static let indentation = 2

    private static let words: [(String, ComputeError.Diagnostic.Severity)] = [
        ("catastrophic error", .error), ("error", .error), ("warning", .warning), ("remark", .note), ("note", .note),
    ]

    /// `file(line): severity #number-D: text`, or `ptxas fatal : text` without a place.
    private static func diagnostic(_ line: Substring) -> ComputeError.Diagnostic? {
        if line.hasPrefix("ptxas "), let colon = line.firstIndex(of: ":") {
            let text = line[line.index(after: colon)...].drop { $0 == " " }
            let isError = line.contains("fatal") || line.contains("error")
            return .init(severity: isError ? .error : .warning, file: "ptxas", line: 0, column: 0, text: String(text))
        }
        guard let (place, rest) = split(line) else { return nil }
        for (word, severity) in words where rest.hasPrefix(word) {
            let tail = rest.dropFirst(word.count)
            guard let colon = tail.firstIndex(of: ":"), tail[..<colon].allSatisfy(isNumbering) else { continue }
            let text = tail[tail.index(after: colon)...].drop { $0 == " " }
            return .init(severity: severity, file: place.file, line: place.line, column: 0, text: String(text))
        }
        return nil
    }

    /// The ` #177-D` between the severity and its colon.
    private static func isNumbering(_ character: Character) -> Bool {
        character == " " || character == "#" || character == "-" || character == "D" || character.isNumber
    }

    private static func split(_ line: Substring) -> (place: (file: String, line: Int), rest: Substring)? {
        var search = line[...]
        while let close = search.range(of: "): ") {
            let head = line[..<close.lowerBound]
            if let open = head.lastIndex(of: "("), let number = Int(head[head.index(after: open)...]) {
                return ((String(head[..<open]), number), line[close.upperBound...])
            }
            search = line[close.upperBound...]
        }
        return nil
    }

    /// The column of a line with nothing but one caret.
    private static func caret(_ line: Substring) -> Int? {
        guard let place = line.firstIndex(of: "^"), line.allSatisfy({ $0 == " " || $0 == "^" }) else { return nil }
        return line.distance(from: line.startIndex, to: place) + 1
    }
}

extension Substring {
    /// Where `text` first stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
