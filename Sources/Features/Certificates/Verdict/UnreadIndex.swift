/// Which places that could not be read can hide the use of a lineage.
struct UnreadIndex {
    /// Places that can hide the use of any lineage.
    private var all: [UnreadPlace]
    /// Places within a tree that belong to no lineage in it, by the tree.
    private var byTree: [String: [UnreadPlace]] = [:]
    /// Places within one lineage's own files.
    private var byLineage: [Lineage.ID: [UnreadPlace]] = [:]

    init(inventory: Inventory, report: EvidenceReport) {
        all = report.unread.filter(\.mayHoldUse)
        var owners: [String: Lineage.ID] = [:]
        for lineage in inventory.lineages {
            for part in ["live/\(lineage.name)", "archive/\(lineage.name)", "renewal/\(lineage.name).conf"] {
                owners[PathPrefix.normal("\(lineage.tree)/\(part)")] = lineage.id
            }
        }
        let trees = inventory.trees.map(\.path) + inventory.lineages.map(\.tree)
        let roots = Set(trees.map(PathPrefix.normal))
        for place in inventory.unread where place.mayHoldUse {
            let chain = place.place.hasPrefix("/") ? PathPrefix.withAncestors(PathPrefix.normal(place.place)) : []
            if let owner = chain.compactMap({ owners[$0] }).first {
                byLineage[owner, default: []].append(place)
            } else if let tree = chain.first(where: roots.contains) {
                byTree[tree, default: []].append(place)
            } else {
                all.append(place)
            }
        }
    }

    /// The places that can hide the use of `lineage`.
    func places(for lineage: Lineage) -> [UnreadPlace] {
        // What of its own can't be read matters only where it is not known which certificate it is.
        let own = lineage.certificate == nil ? byLineage[lineage.id] ?? [] : []
        return own + (byTree[PathPrefix.normal(lineage.tree)] ?? []) + all
    }
}
