import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One of a tree's three folders.
enum Subfolder: Sendable {
    case open(Folder, FileStatus)
    case missing
    /// It is there and could not be read.
    case unread

    var folder: Folder? {
        if case .open(let folder, _) = self { return folder }
        return nil
    }

    /// Whether it may hold what wasn't seen.
    var isUnread: Bool {
        if case .unread = self { return true }
        return false
    }

    func allows(_ bits: mode_t) -> Bool {
        if case .open(_, let status) = self { return status.mode & bits != 0 }
        return false
    }
}

/// A tree whose folders are open, with what all its lineages' readers need to know.
struct OpenTree: Sendable {
    let tree: CertbotTree
    let paths: TreePaths
    let root: Folder
    let rootStatus: FileStatus
    var renewal: Subfolder
    var live: Subfolder
    var archive: Subfolder
    let now: Date
    /// The names that have a conf, a live folder, an archive folder.
    var confNames: Set<FileName> = []
    var liveTypes: [FileName: FileType] = [:]
    var archiveTypes: [FileName: FileType] = [:]
    /// `server host/path` + account id of every account, and the accounts' folders that could be read.
    var accounts: Set<String>?

    /// Whether all folders above an archive's own one let the users of `bit` (0o010 group, 0o001 others) pass.
    func lets(_ bit: mode_t) -> Bool { rootStatus.mode & bit != 0 && archive.allows(bit) }

    /// Whether a file may belong to `user`: root, or whoever owns the tree.
    func trusts(_ user: uid_t) -> Bool { user == 0 || user == rootStatus.user }

    static let liveName = Array("live".utf8)
    static let archiveName = Array("archive".utf8)
}
