#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Everything that one look at the certificates gave: what is there, what uses it, what is to be thought of it.
package struct Survey: Sendable, Hashable {
    /// A lineage and what is to be thought of it.
    package struct Item: Sendable, Hashable {
        /// The lineage.
        package var lineage: Lineage
        /// What is to be thought of it.
        package var verdict: Verdict

        /// A lineage and its verdict.
        package init(_ lineage: Lineage, _ verdict: Verdict) {
            self.lineage = lineage
            self.verdict = verdict
        }
    }

    /// A lineage in quarantine, with the signs that something uses it all the same.
    package struct Taken: Sendable, Hashable {
        /// The lineage as it was taken away.
        package var item: Quarantined
        /// Its tree.
        package var tree: CertbotTree
        /// The signs of use.
        package var usedBy: [Evidence]

        /// A lineage in quarantine.
        package init(_ item: Quarantined, in tree: CertbotTree, usedBy: [Evidence] = []) {
            self.item = item
            self.tree = tree
            self.usedBy = usedBy
        }
    }

    /// When it was looked.
    package var at: Date
    /// The trees that were read.
    package var trees: [CertbotTree]
    /// Every lineage with its verdict, by tree and name.
    package var items: [Item]
    /// What belongs to no lineage.
    package var orphans: [Orphan]
    /// What could not be read, of trees and of signs of use.
    package var unread: [UnreadPlace]
    /// What is wrong with trees and servers' configurations as such.
    package var findings: [Finding]
    /// Where signs of use were looked for.
    package var looked: [String]
    /// What is in quarantine.
    package var quarantined: [Taken]

    /// All parts.
    package init(
        at: Date, trees: [CertbotTree] = [], items: [Item] = [], orphans: [Orphan] = [],
        unread: [UnreadPlace] = [], findings: [Finding] = [], looked: [String] = [],
        quarantined: [Taken] = []
    ) {
        self.at = at
        self.trees = trees
        self.items = items
        self.orphans = orphans
        self.unread = unread
        self.findings = findings
        self.looked = looked
        self.quarantined = quarantined
    }

    /// The lineages called `name`, of `tree` alone if it is given; several trees may have one.
    package func items(named name: String, tree: String? = nil) -> [Item] {
        items.filter { $0.lineage.name == name && (tree == nil || $0.lineage.tree == tree) }
    }
}
