#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Reads certbot trees. Nothing is written, no symlink is followed out of a tree but those of live files, and damage
/// never stops it: each thing that is wrong becomes a finding.
package struct InventoryReader: Sendable {
    private let threads: Int

    /// A reader that uses as many threads as `threads`.
    package init(threads: Int = 2) { self.threads = max(1, threads) }

    /// Everything in `trees`; `now` decides what has expired. It blocks while it reads.
    package func read(_ trees: [CertbotTree], now: Date) -> Inventory {
        var inventory = Inventory(trees: trees)
        for tree in trees {
            let part = TreeReader(tree: tree, now: now, threads: threads).read()
            inventory.lineages += part.lineages
            inventory.orphans += part.orphans
            inventory.findings += part.findings
            inventory.unread += part.unread
        }
        return inventory
    }

    /// The certificates of every version in the lineage's archive that can be read, by version: a server may still serve
    /// an older one than live leads to.
    package func versions(of lineage: Lineage) -> [Int: CertificateFacts] {
        guard let path = lineage.archivePath, lineage.nameBytes == nil, let folder = try? Folder.open(path) else {
            return [:]
        }
        var facts: [Int: CertificateFacts] = [:]
        for version in lineage.versions {
            guard let content = try? folder.read(VersionFile(.cert, version).name) else { continue }
            facts[version] = CertificateReader.read(content.bytes)
        }
        return facts
    }
}
