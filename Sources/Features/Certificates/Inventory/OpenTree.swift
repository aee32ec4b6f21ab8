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

/// The folders below `accounts/` that hold an account: `HOST/PATH/ID` (certbot `account.py`).
struct Accounts: Sendable {
    private(set) var places: Set<String> = []
    private(set) var ids: Set<String> = []

    mutating func add(_ place: String) {
        places.insert(place)
        ids.insert(String(place.split(separator: "/").last ?? ""))
    }

    /// Whether certbot finds the account `id` for the ACME directory `server`.
    func holds(_ id: String, server: String?) -> Bool {
        // Let's Encrypt's accounts are also found under its older directory's name (certbot LE_REUSE_SERVERS).
        guard let server, let scheme = server.firstRange(of: "://"), !server.contains("letsencrypt.org") else {
            return ids.contains(id)
        }
        let place = server[scheme.upperBound...].split(separator: "/").joined(separator: "/")
        return places.contains("\(place)/\(id)")
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
    /// The ACME accounts; nil where they could not all be read.
    var accounts: Accounts?

    /// Whether all folders above an archive's own one let the users of `bit` (0o010 group, 0o001 others) pass.
    func lets(_ bit: mode_t) -> Bool { rootStatus.mode & bit != 0 && archive.allows(bit) }

    /// Whether a file may belong to `user`: root, or whoever owns the tree.
    func trusts(_ user: uid_t) -> Bool { user == 0 || user == rootStatus.user }

    static let liveName = Array("live".utf8)
    static let archiveName = Array("archive".utf8)
}
