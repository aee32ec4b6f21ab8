extension Lineage {
    /// Which lineage: names repeat between trees, so the tree belongs to it.
    package struct ID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
        /// The tree's path.
        package var tree: String
        /// The lineage's name.
        package var name: String

        /// The lineage `name` of the tree at `tree`.
        package init(tree: String, name: String) {
            self.tree = tree
            self.name = name
        }

        /// `name (tree)`.
        package var description: String { "\(name) (\(tree))" }

        /// By tree, then by name.
        package static func < (one: Self, other: Self) -> Bool { (one.tree, one.name) < (other.tree, other.name) }
    }

    /// Which lineage it is.
    package var id: ID { ID(tree: tree, name: name) }

    /// The digests of every certificate of it that could be read.
    var prints: [CertificatePrint] {
        (certificate.map { [CertificatePrint(fingerprint: $0.fingerprint, spki: $0.spki)] } ?? []) + otherPrints
    }
}
