/// Everything that the certbot trees hold.
package struct Inventory: Sendable, Hashable, Codable {
    /// The trees that were read.
    package var trees: [CertbotTree]
    /// Every lineage, by tree and name.
    package var lineages: [Lineage]
    /// What belongs to no lineage.
    package var orphans: [Orphan]
    /// What is wrong with the trees as such: permissions, accounts, hooks.
    package var findings: [Finding]
    /// What could not be read.
    package var unread: [UnreadPlace]

    /// All parts.
    package init(
        trees: [CertbotTree] = [], lineages: [Lineage] = [], orphans: [Orphan] = [], findings: [Finding] = [],
        unread: [UnreadPlace] = []
    ) {
        self.trees = trees
        self.lineages = lineages
        self.orphans = orphans
        self.findings = findings
        self.unread = unread
    }
}
