/// Lineages whose files are not theirs alone: two confs with one archive, a live folder that leads into another
/// lineage's archive. What a server uses then can't be told apart, and taking one away can hurt the other.
struct Entanglement {
    /// By index: the indices of the lineages that share files with it, ascending.
    private(set) var partners: [Int: [Int]] = [:]

    /// Of `lineages`, whose trees are `trees`.
    init(_ lineages: [Lineage], trees: [CertbotTree]) {
        let known = Dictionary(trees.map { ($0.path, $0) }, uniquingKeysWith: { one, _ in one })
        let reach = lineages.map { Self.reach($0, known[$0.tree] ?? CertbotTree(path: $0.tree)) }
        var owners: [String: [Int]] = [:]
        for (index, places) in reach.enumerated() {
            for place in places { owners[place, default: []].append(index) }
        }
        var pairs: [Int: Set<Int>] = [:]
        for (index, places) in reach.enumerated() {
            for place in places {
                for folder in PathPrefix.withAncestors(place) {
                    for owner in owners[folder] ?? [] where owner != index {
                        pairs[owner, default: []].insert(index)
                        // A conf that claims a whole tree is that conf's damage, not that of every lineage in it.
                        if !Self.isShared(folder, lineages[owner].tree), !Self.isShared(folder, lineages[index].tree) {
                            pairs[index, default: []].insert(owner)
                        }
                    }
                }
            }
        }
        partners = pairs.mapValues { $0.sorted() }
    }

    /// Every folder that the lineage's own layout, its conf and its symlinks name, as this process knows it.
    private static func reach(_ lineage: Lineage, _ tree: CertbotTree) -> Set<String> {
        var paths = lineage.folders + ["live/", "archive/"].map { "\(tree.path)/\($0)\(lineage.name)" }
        if let renewal = lineage.renewal {
            paths += renewal.archiveFolder.map { [$0] } ?? []
            paths += renewal.paths.values.map(parent)
        }
        let own = PathPrefix.normal(tree.ownPath), path = PathPrefix.normal(tree.path)
        return Set(
            paths.filter { $0.hasPrefix("/") }.map(PathPrefix.normal).map {
                PathPrefix.rebased($0, from: own, to: path) ?? $0
            })
    }

    private static func parent(_ path: String) -> String {
        PathPrefix.withAncestors(PathPrefix.normal(path)).dropFirst().first ?? "/"
    }

    private static func isShared(_ folder: String, _ tree: String) -> Bool {
        let tree = PathPrefix.normal(tree)
        return PathPrefix.contains(folder, tree) || folder == tree + "/live" || folder == tree + "/archive"
    }
}
