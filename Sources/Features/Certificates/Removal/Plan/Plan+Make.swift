#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Plan {
    /// Plans what `basis` allows to take away. Reads the trees, changes nothing.
    /// - Parameters:
    ///   - basis: One look at trees and servers.
    ///   - chosen: Only these lineages go, if given; a name that can't go stays, with the reason.
    package static func make(_ basis: Basis, chosen: Set<Lineage.ID>? = nil) -> Plan {
        var plan = Plan(
            made: basis.at, inventory: basis.inventoryDigest, evidence: basis.evidenceDigest,
            looked: basis.report.looked, removals: [], stays: [])
        let verdicts = basis.verdicts
        let trees = Dictionary(grouping: Set(basis.inventory.lineages.map(\.id)), by: \.tree)
        for (path, ids) in trees.sorted(by: { $0.key < $1.key }) {
            let tree = basis.inventory.trees.first { $0.path == path } ?? CertbotTree(path: path)
            let layout = Result { () throws(RemovalError) in try TreeLayout(tree) }
            for id in ids.sorted() {
                guard let verdict = verdicts[id] else { continue }
                plan.add(id, verdict, isChosen: chosen?.contains(id) ?? true, layout)
            }
        }
        return plan
    }

    private mutating func add(
        _ id: Lineage.ID, _ verdict: Verdict, isChosen: Bool, _ layout: Result<TreeLayout, RemovalError>
    ) {
        func stay(_ reason: String) { stays.append(Stay(lineage: id, state: verdict.state, reason: reason)) }
        guard verdict.state.isPrunable else { return stay(verdict.reasons.first ?? "Nothing is known about it.") }
        guard isChosen else { return stay("It was not asked for.") }
        do throws(RemovalError) {
            let files = try layout.get().files(of: id.name)
            removals.append(
                Removal(
                    lineage: id, state: verdict.state, successor: verdict.successor, reasons: verdict.reasons,
                    files: files))
        } catch {
            stay(error.sentences.joined(separator: " "))
        }
    }
}
