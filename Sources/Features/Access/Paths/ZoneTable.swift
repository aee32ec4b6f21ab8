/// Finds the zone of a path: the one with the longest prefix that covers it on a segment's border.
package struct ZoneTable<Zone: Sendable>: Sendable {
    /// The zones, longest prefix first.
    package let entries: [(prefix: ZonePrefix, zone: Zone)]

    /// A table of `zones`, whose prefixes must differ.
    package init(_ zones: [(prefix: ZonePrefix, zone: Zone)]) {
        entries = zones.sorted { left, right in
            let (first, second) = (left.prefix.text.utf8.count, right.prefix.text.utf8.count)
            return first == second ? left.prefix < right.prefix : first > second
        }
    }

    /// The zone that answers `path`, and what follows its prefix (`/x.py`; empty for the prefix itself).
    package func match(_ path: String) -> (prefix: ZonePrefix, zone: Zone, rest: Substring)? {
        for entry in entries where entry.prefix.covers(path) {
            return (entry.prefix, entry.zone, entry.prefix.rest(of: path))
        }
        return nil
    }

    /// The zones directly or indirectly below `prefix`: their part of its folder is not its own.
    package func nested(in prefix: ZonePrefix) -> [ZonePrefix] {
        entries.map(\.prefix).filter { $0 != prefix && prefix.covers($0.text) }
    }
}
