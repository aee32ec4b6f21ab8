/// Merges what is found: one finding for each kind, pair of lines and array, with a count.
struct FindingCollector {
    /// What instances of one finding share.
    struct Key: Hashable {
        var kind: Finding.Kind
        var site: Int
        var other: Int
        var region: Int
    }

    private struct Entry {
        var finding: Finding
        var order: Int
    }

    private var entries: [Key: Entry] = [:]

    /// Adds one instance; `make` is asked only for the first of its key, and when it is graver than those before.
    mutating func add(_ key: Key, _ severity: Finding.Severity, _ make: () -> Finding) {
        guard let known = entries[key] else {
            entries[key] = Entry(finding: make(), order: entries.count)
            return
        }
        if severity < known.finding.severity {
            let count = known.finding.count
            entries[key]!.finding = make()
            entries[key]!.finding.count = count
        }
        entries[key]!.finding.count += 1
    }

    func contains(_ kind: Finding.Kind) -> Bool { entries.keys.contains { $0.kind == kind } }

    /// Instructions of one line are one place: merged again, gravest first, then by line.
    func merged() -> [Finding] {
        struct Lines: Hashable {
            var kind: Finding.Kind
            var place: Finding.Place
            var other: Finding.Place?
            var array: String?
        }
        var found: [Lines: Finding] = [:]
        for entry in entries.values.sorted(by: { $0.order < $1.order }) {
            let finding = entry.finding
            let key = Lines(kind: finding.kind, place: finding.place, other: finding.other, array: finding.array)
            guard let known = found[key] else {
                found[key] = finding
                continue
            }
            var kept = finding.severity < known.severity ? finding : known
            kept.count = known.count + finding.count
            found[key] = kept
        }
        return found.values.sorted {
            ($0.severity, $0.place.file, $0.place.line, $0.kind.rawValue, $0.array ?? "", $0.other?.line ?? 0)
                < ($1.severity, $1.place.file, $1.place.line, $1.kind.rawValue, $1.array ?? "", $1.other?.line ?? 0)
        }
    }
}
