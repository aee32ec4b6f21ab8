#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A lineage in quarantine; this is also what its folder's `manifest.json` holds.
package struct Quarantined: Hashable, Sendable, Codable {
    /// The name of its folder in quarantine: when and what.
    package var id: String
    /// Since when.
    package var since: Date
    /// The lineage as it was.
    package var lineage: Lineage
    /// What was thought of it.
    package var state: Verdict.State
    /// The lineage that takes its place.
    package var successor: String?
    /// Why it went.
    package var reasons: [String]
    /// Its files, by the paths that they had.
    package var files: [FileEntry]
    /// The modification times of the folders that held them, before.
    var times: [JournalRecord.Time]
    /// Whether its certificate was revoked before it went; nil in a manifest that doesn't say.
    package internal(set) var isRevoked: Bool?

    /// Bytes of all files.
    package var size: Int64 { files.reduce(0) { $0 + $1.identity.size } }

    /// Where a file or folder of the lineage lies in quarantine: the conf as `renewal.conf`, the folders as they are
    /// called in the tree.
    static func place(_ path: TreePath, in item: TreePath) -> TreePath {
        let parent = path.parent
        return item.appending(parent == TreePath("renewal") ? Array("renewal.conf".utf8) : parent.bytes)
    }

    /// The three or fewer things that move, in the order of moving away: the conf, the live folder, the archive folder.
    var roots: [TreePath] {
        let roots = Set(files.map(\.path.root))
        return TreeLayout.folders.flatMap { folder in roots.filter { $0.parent == TreePath(folder) }.sorted() }
    }

    /// The places of one item that can hold something.
    static let places = ["renewal.conf", "live", "archive"]
    static let manifest = "manifest.json"

    /// The name of a folder in quarantine: sortable by time, readable, at most 130 bytes.
    static func id(_ name: String, at date: Date, number: Int) -> String {
        let style = Date.ISO8601FormatStyle().year().month().day().dateSeparator(.omitted)
            .time(includingFractionalSeconds: false).timeSeparator(.omitted)
        let safe = name.utf8.prefix(100).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                byte
            default: UInt8(ascii: "_")
            }
        }
        let text = "\(date.formatted(style))Z-\(String(decoding: safe, as: UTF8.self))"
        return number == 0 ? text : "\(text)~\(number)"
    }
}
