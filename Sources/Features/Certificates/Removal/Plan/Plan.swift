#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What would be taken away and why, what stays and why, and what all of that was concluded from.
package struct Plan: Hashable, Sendable {
    /// A lineage that goes, with everything that goes with it.
    package struct Removal: Hashable, Sendable {
        /// Which lineage.
        package var lineage: Lineage.ID
        /// What is thought of it.
        package var state: Verdict.State
        /// The lineage that takes its place.
        package var successor: String?
        /// Why.
        package var reasons: [String]
        /// Every file, folder and symlink that goes: its conf, its live folder, its archive folder.
        package var files: [FileEntry]

        /// Bytes of all files.
        package var size: Int64 { files.reduce(0) { $0 + $1.identity.size } }
    }

    /// A lineage that stays.
    package struct Stay: Hashable, Sendable {
        /// Which lineage.
        package var lineage: Lineage.ID
        /// What is thought of it.
        package var state: Verdict.State
        /// Why, in a sentence.
        package var reason: String
    }

    /// When it was made.
    package var made: Date
    /// Digest of the inventory that it rests on.
    package var inventory: String
    /// Digest of the signs of use that it rests on.
    package var evidence: String
    /// The places that were looked at for signs of use.
    package var looked: [String]
    /// What goes, by tree and name.
    package var removals: [Removal]
    /// What stays, by tree and name.
    package var stays: [Stay]

    /// The trees that something goes from, ascending.
    package var trees: [String] { Set(removals.map(\.lineage.tree)).sorted() }
}

/// What verdicts rest on: one look at trees and servers.
package struct Basis: Sendable {
    /// What the trees hold.
    package var inventory: Inventory
    /// The signs of use.
    package var report: EvidenceReport
    /// When it was looked.
    package var at: Date

    /// One look.
    package init(inventory: Inventory, report: EvidenceReport, at: Date) {
        self.inventory = inventory
        self.report = report
        self.at = at
    }

    /// The judge's verdicts on it.
    package var verdicts: [Lineage.ID: Verdict] {
        Judge.verdicts(inventory: inventory, report: report, now: at)
    }
}
