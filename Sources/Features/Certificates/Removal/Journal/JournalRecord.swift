#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One line of the quarantine's journal: what is about to be done, or how it ended.
struct JournalRecord: Codable, Hashable {
    /// What is done.
    enum Act: String, Codable { case prune, restore, purge }

    /// Where in its life an act is. `intent` is followed by `done` or `undone`; one without either was interrupted.
    enum Phase: String, Codable { case intent, done, undone }

    /// One rename beneath the tree, of the file or folder that had this inode number.
    struct Move: Codable, Hashable {
        var from: TreePath
        var to: TreePath
        var inode: UInt64
        /// The lineage's folder in quarantine: moves of one item go together.
        var item: String
    }

    /// A folder's modification time.
    struct Time: Codable, Hashable {
        var folder: String
        var time: FileTime
    }

    var id: String
    var at: Date
    var act: Act
    var phase: Phase
    /// The folders in quarantine that it is about.
    var items: [String]
    /// In the order of doing; of an intent.
    var moves: [Move] = []
    /// `renewal`, `live` and `archive` before it (of an intent) and after it (of `done`).
    var times: [Time] = []
    /// Those of `items` whose certificates were revoked before they went; nil where nobody asked for that.
    var revoked: [String]?

    /// The record that says how the intent `self` ended.
    func outcome(_ phase: Phase, times: [Time] = []) -> JournalRecord {
        JournalRecord(id: id, at: Date(), act: act, phase: phase, items: items, times: times)
    }
}
