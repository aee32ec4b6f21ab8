/// What differs from what a plan saw, each in a sentence; pure.
enum PlanCheck {
    /// Differences in what is thought of the lineages of `plan` that lie in `tree`.
    static func changes(_ plan: Plan, tree: String, now basis: Basis) -> [String] {
        let verdicts = basis.verdicts
        let looked = Set(basis.report.looked.map(withoutCounts))
        // A port that nobody listens on any more serves nothing.
        var changes = plan.looked.filter { !$0.hasPrefix("port ") && !looked.contains(withoutCounts($0)) }
            .map { "A place that the plan had looked at was not looked at now: \($0)." }
        for removal in plan.removals where removal.lineage.tree == tree {
            let name = removal.lineage.name
            guard let verdict = verdicts[removal.lineage] else {
                changes.append("\(name) is no longer there.")
                continue
            }
            if !removal.state.isPrunable {
                changes.append("\(name) is \(removal.state.rawValue) in the plan: such a lineage never goes.")
            } else if verdict.state != removal.state {
                let why = verdict.reasons.first.map { ": \($0)" } ?? "."
                changes.append("\(name) was \(removal.state.rawValue) and is \(verdict.state.rawValue) now\(why)")
            } else if verdict.successor != removal.successor {
                changes.append(
                    "\(name) had the successor \(removal.successor ?? "none"), now it is \(verdict.successor ?? "none")."
                )
            }
        }
        return changes
    }

    /// A place in words without how many files or names it had: `nginx configuration (12 files)` stays the same place
    /// when a file is added.
    static func withoutCounts(_ place: String) -> String {
        var words: [Substring] = []
        var isAside = false
        for word in place.split(separator: " ") {
            let isNumber = word.allSatisfy(\.isNumber)
            if word.hasPrefix("("), word.dropFirst().first?.isNumber == true { isAside = true }
            if !isAside && !isNumber { words.append(["file", "name"].contains(word) ? word + "s" : word) }
            if word.hasSuffix(")") { isAside = false }
        }
        return words.joined(separator: " ")
    }

    /// Differences between the files that the plan saw and those that are there.
    static func changes(_ name: String, planned: [FileEntry], found: [FileEntry]) -> [String] {
        guard planned != found else { return [] }
        let before = Dictionary(planned.map { ($0.path, $0.identity) }, uniquingKeysWith: { one, _ in one })
        let now = Dictionary(found.map { ($0.path, $0.identity) }, uniquingKeysWith: { one, _ in one })
        var changes: [String] = []
        for path in Set(before.keys).union(now.keys).sorted() {
            switch (before[path], now[path]) {
            case (nil, .some): changes.append("\(name): \(path) is new.")
            case (.some, nil): changes.append("\(name): \(path) is gone.")
            case (let old?, let new?) where old != new:
                changes.append("\(name): \(path) has changed (\(difference(old, new))).")
            default: break
            }
        }
        return changes.isEmpty ? ["\(name): the plan lists its files in another order or twice."] : changes
    }

    private static func difference(_ old: FileIdentity, _ new: FileIdentity) -> String {
        var words: [String] = []
        if old.kind != new.kind { words.append("\(old.kind.rawValue), now \(new.kind.rawValue)") }
        if old.mode != new.mode { words.append("mode \(Plan.octal(old.mode)), now \(Plan.octal(new.mode))") }
        if (old.user, old.group) != (new.user, new.group) {
            words.append("owner \(old.user):\(old.group), now \(new.user):\(new.group)")
        }
        if old.size != new.size { words.append("\(old.size) bytes, now \(new.size)") }
        if old.target != new.target { words.append("leads elsewhere") }
        if old.sha256 != new.sha256 { words.append("content") }
        if words.isEmpty { words.append("modified at another time") }
        return words.joined(separator: ", ")
    }
}
