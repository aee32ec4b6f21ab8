#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Which lineage takes another one's place: the one with exactly its names, or a newer one that covers them.
struct Rivals {
    private struct Entry {
        var name: String
        var tree: String
        var certificate: CertificateFacts
        var isUsed: Bool
        var isSound: Bool
    }

    private var entries: [Int: Entry] = [:]
    private var bySet: [Set<String>: [Int]] = [:]
    private var byName: [String: [Int]] = [:]

    /// Of `lineages`; `used` holds the indices of the used ones, `sound` of those that work and have not expired.
    init(_ lineages: [Lineage], used: Set<Int>, sound: Set<Int>) {
        for (index, lineage) in lineages.enumerated() {
            guard let certificate = lineage.certificate, !certificate.names.isEmpty else { continue }
            entries[index] = Entry(
                name: lineage.name, tree: lineage.tree, certificate: certificate, isUsed: used.contains(index),
                isSound: sound.contains(index))
            bySet[Set(certificate.names), default: []].append(index)
            for name in Set(certificate.names) { byName[name, default: []].append(index) }
        }
    }

    /// A sound lineage of the same tree with exactly the names of `index` that is the better one of the two.
    func twin(of index: Int) -> String? {
        guard let entry = entries[index] else { return nil }
        return (bySet[Set(entry.certificate.names)] ?? []).compactMap { entries[$0] }
            .filter { $0.tree == entry.tree && $0.isSound && Self.isBetter($0, entry) }
            .max { Self.isBetter($1, $0) }?.name
    }

    /// A used lineage with exactly the names of `index` that no longer works: `index` may be meant to take its place.
    func ailingTwin(of index: Int) -> String? {
        guard let entry = entries[index] else { return nil }
        return (bySet[Set(entry.certificate.names)] ?? []).compactMap { entries[$0] }
            .first { $0.tree == entry.tree && $0.name != entry.name && $0.isUsed && !$0.isSound }?.name
    }

    /// A sound lineage of the same tree that holds longer than `index` and covers every name of it.
    func heir(of index: Int) -> String? {
        guard let entry = entries[index] else { return nil }
        return candidates(entry.certificate.names[0]).compactMap { entries[$0] }
            .filter { other in
                other.tree == entry.tree && other.isSound && other.name != entry.name
                    && other.certificate.notAfter > entry.certificate.notAfter
                    && Set(other.certificate.names) != Set(entry.certificate.names)
                    && entry.certificate.names.allSatisfy(other.certificate.covers)
            }
            .max { Self.isBetter($1, $0) }?.name
    }

    /// The lineages that have `name` or the wildcard above it.
    private func candidates(_ name: String) -> Set<Int> {
        let wildcard = name.firstIndex(of: ".").map { "*" + name[$0...] }
        return Set((byName[name] ?? []) + (wildcard.flatMap { byName[$0] } ?? []))
    }

    /// Used before unused, then the one that holds longer, then the one without certbot's `-0001`, then by name.
    private static func isBetter(_ one: Entry, _ other: Entry) -> Bool {
        if one.isUsed != other.isUsed { return one.isUsed }
        if one.certificate.notAfter != other.certificate.notAfter {
            return one.certificate.notAfter > other.certificate.notAfter
        }
        if isNumbered(one.name) != isNumbered(other.name) { return isNumbered(other.name) }
        return one.name < other.name
    }

    /// Whether the name ends as certbot's names for further lineages do: `-` and four digits
    /// (certbot `util.py`, `unique_lineage_name`).
    static func isNumbered(_ name: String) -> Bool {
        let end = name.utf8.suffix(5)
        return end.count == 5 && end.first == UInt8(ascii: "-") && end.dropFirst().allSatisfy { (48...57).contains($0) }
    }
}
