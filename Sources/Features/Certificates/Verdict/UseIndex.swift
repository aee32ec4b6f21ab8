/// Which lineages each sign of use points to. Looking up costs by the depth of the path, not by the number of lineages.
struct UseIndex {
    /// What signs of use say about one lineage.
    struct Use {
        /// Signs that it is used.
        var certain: [Evidence] = []
        /// Containers and processes that have a folder above it: they can use it, but nothing says that they do.
        var possible: [Evidence] = []
    }

    private var folders: [String: [Int]] = [:]
    private var above: Set<String> = []
    private var fingerprints: [Fingerprint: [Int]] = [:]
    private var keys: [Fingerprint: [Int]] = [:]
    private var names: [String: [Int]] = [:]
    private let places: [[String]]

    init(_ lineages: [Lineage]) {
        places = lineages.map(Self.places)
        for (index, lineage) in lineages.enumerated() {
            for place in places[index] {
                folders[place, default: []].append(index)
                above.formUnion(PathPrefix.withAncestors(place).dropFirst())
            }
            for print in lineage.prints {
                fingerprints[print.fingerprint, default: []].append(index)
                keys[print.spki, default: []].append(index)
            }
            names[lineage.name, default: []].append(index)
        }
    }

    /// The paths by which the lineage's files can be named: what the inventory found, and certbot's own layout.
    private static func places(_ lineage: Lineage) -> [String] {
        let own = ["live/", "archive/"].map { "\(lineage.tree)/\($0)\(lineage.name)" }
        let conf = "\(lineage.tree)/renewal/\(lineage.name).conf"
        return Set((lineage.folders + own + [conf]).map(PathPrefix.normal)).sorted()
    }

    /// What `evidence` says about each lineage, by its index.
    func uses(_ evidence: [Evidence]) -> [Int: Use] {
        var uses: [Int: Use] = [:]
        for sign in evidence {
            let found = lineages(sign.target)
            for index in found.sorted() { uses[index, default: Use()].certain.append(sign) }
            guard case .path(let path) = sign.target else { continue }
            let wide = wider(PathPrefix.normal(path)).filter { !found.contains($0) }
            for index in wide {
                if sign.kind == .mount || sign.kind == .process {
                    uses[index, default: Use()].possible.append(sign)
                } else {
                    uses[index, default: Use()].certain.append(sign)
                }
            }
        }
        return uses
    }

    private func lineages(_ target: Evidence.Target) -> Set<Int> {
        switch target {
        case .path(let path):
            Set(PathPrefix.withAncestors(PathPrefix.normal(path)).flatMap { folders[$0] ?? [] })
        case .fingerprint(let print): Set(fingerprints[print] ?? [])
        case .spki(let print): Set(keys[print] ?? [])
        case .lineage(let name): Set(names[name] ?? [])
        }
    }

    /// The lineages that lie beneath `path`.
    private func wider(_ path: String) -> [Int] {
        guard path == "/" || above.contains(path) else { return [] }
        return places.indices.filter { index in places[index].contains { PathPrefix.contains(path, $0) } }
    }
}
