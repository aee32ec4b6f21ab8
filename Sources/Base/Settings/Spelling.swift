/// Finds what a mistyped word was meant to be.
package enum Spelling {
    /// The candidate nearest to `word`, if one is near enough to be worth suggesting: at most a third of
    /// its letters wrong (restricted Damerau-Levenshtein distance), `-`, `_` and case not counted.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let folded = fold(word)
        guard !folded.isEmpty else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let other = fold(candidate)
            let allowed = max(1, max(other.count, folded.count) / 3)
            let found = distance(folded, other)
            let isClose = found <= allowed || (folded.count >= 4 && other.starts(with: folded))
            if isClose, found < best?.distance ?? .max { best = (candidate, found) }
        }
        return best?.word
    }

    private static func fold(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn `first` into `second`.
    static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: second.count + 1)
        var last = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            current.reserveCapacity(second.count + 1)
            for column in 0..<second.count {
                let same = first[row] == second[column]
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (same ? 0 : 1))
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
