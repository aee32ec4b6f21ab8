/// Shell wildcards as glob(7) has them: `*`, `?`, `[a-z]`, `[!a]`, `\x`.
package enum Wildcard {
    /// Whether `text` holds a wildcard.
    package static func isPattern(_ text: some StringProtocol) -> Bool {
        text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
    }

    /// `text` so that it matches only itself.
    package static func quoted(_ text: String) -> String {
        var quoted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if "*?[\\{},".unicodeScalars.contains(scalar) { quoted.append("\\") }
            quoted.append(scalar)
        }
        return String(quoted)
    }

    /// Whether `name`, one component of a path, matches `pattern` (fnmatch(3)); a leading dot is matched by a
    /// wildcard only if `matchesDots`.
    package static func matches(_ name: String, _ pattern: String, matchesDots: Bool = false) -> Bool {
        let name = Array(name.unicodeScalars)
        let pattern = tokens(pattern)
        if !matchesDots, name.first == ".", pattern.first != .one(".") { return false }
        // The usual two-pointer match: on a mismatch the last star takes one more character.
        var at = 0
        var token = 0
        var star: (token: Int, at: Int)?
        while at < name.count {
            if token < pattern.count, pattern[token] == .many {
                star = (token, at)
                token += 1
            } else if token < pattern.count, pattern[token].matches(name[at]) {
                at += 1
                token += 1
            } else if let last = star {
                star = (last.token, last.at + 1)
                token = last.token + 1
                at = last.at + 1
            } else {
                return false
            }
        }
        return pattern[token...].allSatisfy { $0 == .many }
    }

    private enum Token: Equatable {
        case one(Unicode.Scalar)
        case any
        case many
        case set([ClosedRange<UInt32>], isNegated: Bool)

        func matches(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .one(let own): own == scalar
            case .any: true
            case .many: false
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar.value) } != isNegated
            }
        }
    }

    private static func tokens(_ pattern: String) -> [Token] {
        let scalars = Array(pattern.unicodeScalars)
        var tokens: [Token] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": if tokens.last != .many { tokens.append(.many) }
            case "?": tokens.append(.any)
            case "\\" where index < scalars.count:
                tokens.append(.one(scalars[index]))
                index += 1
            case "[":
                if let (set, next) = set(scalars, from: index) {
                    tokens.append(set)
                    index = next
                } else {
                    tokens.append(.one(scalar))
                }
            default: tokens.append(.one(scalar))
            }
        }
        return tokens
    }

    /// The bracket expression whose inside begins at `start`, and the index after it; nil where it has no end.
    private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Token, Int)? {
        var index = start
        var ranges: [ClosedRange<UInt32>] = []
        let isNegated = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
        if isNegated { index += 1 }
        let first = index
        while index < scalars.count {
            if scalars[index] == "]" && index > first { return (.set(ranges, isNegated: isNegated), index + 1) }
            let low = scalars[index].value
            if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]" {
                let high = scalars[index + 2].value
                if low <= high { ranges.append(low...high) }
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return nil
    }

    /// The alternatives of `{a,b}` in `pattern` written out (GLOB_BRACE of glob(3)); at most 1,000.
    package static func braces(_ pattern: String) -> [String] {
        var results: [String] = []
        var waiting = [pattern]
        while let next = waiting.popLast() {
            if results.count + waiting.count >= 1000 { return results + [next] + waiting }
            guard let parts = firstBrace(Array(next.unicodeScalars)) else {
                results.append(next)
                continue
            }
            waiting.append(contentsOf: parts.alternatives.reversed().map { parts.before + $0 + parts.after })
        }
        return results
    }

    private static func firstBrace(
        _ scalars: [Unicode.Scalar]
    ) -> (before: String, alternatives: [String], after: String)? {
        guard let open = scalars.firstIndex(of: "{") else { return nil }
        var depth = 0
        var alternatives = [String.UnicodeScalarView()]
        for index in open..<scalars.count {
            let scalar = scalars[index]
            if scalar == "{" { depth += 1 }
            if scalar == "}" { depth -= 1 }
            if depth == 0 {
                return (
                    string(scalars[..<open]), alternatives.map { String($0) }, string(scalars[(index + 1)...])
                )
            }
            if scalar == ",", depth == 1 {
                alternatives.append(String.UnicodeScalarView())
            } else if index > open {
                alternatives[alternatives.count - 1].append(scalar)
            }
        }
        return nil
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
