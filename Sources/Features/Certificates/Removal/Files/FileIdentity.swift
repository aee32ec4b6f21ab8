import Crypto
import Glibc

/// A point in time as file systems keep it.
package struct FileTime: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// Since 1970.
    package var seconds: Int64
    /// 0 to 999,999,999.
    package var nanoseconds: Int64

    init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ time: timespec) { self.init(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec)) }

    /// From `seconds.nanoseconds`, nine digits after the point.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 9, let seconds = Int64(parts[0]),
            let nanoseconds = UInt32(parts[1])
        else { return nil }
        self.init(seconds: seconds, nanoseconds: Int64(nanoseconds))
    }

    /// `seconds.nanoseconds`, nine digits after the point.
    package var description: String {
        let digits = String(nanoseconds)
        return "\(seconds)." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }

    package static func < (one: Self, other: Self) -> Bool {
        (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }
}

/// What one file is, as far as another machine or a restored backup would know it again: no device, no inode.
package struct FileIdentity: Hashable, Sendable, Codable {
    /// inode(7)'s kinds.
    package enum Kind: String, Hashable, Sendable, Codable {
        case file, folder, symlink, fifo, socket, device
    }

    /// The kind.
    package var kind: Kind
    /// Permission bits, with set-uid, set-gid and sticky.
    package var mode: UInt32
    /// Owner.
    package var user: UInt32
    /// Group.
    package var group: UInt32
    /// Bytes of a file; 0 for everything else.
    package var size: Int64
    /// Time of modification.
    package var modified: FileTime
    /// Where a symlink leads, as written.
    package var target: TreePath?
    /// SHA-256 of a file's content in hex.
    package var sha256: String?

    init(
        kind: Kind, mode: UInt32, user: UInt32, group: UInt32, size: Int64, modified: FileTime,
        target: TreePath? = nil, sha256: String? = nil
    ) {
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.size = size
        self.modified = modified
        self.target = target
        self.sha256 = sha256
    }

    init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .symlink
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .device
            }
        self.init(
            kind: kind, mode: UInt32(status.st_mode & 0o7777), user: status.st_uid, group: status.st_gid,
            size: kind == .file ? Int64(status.st_size) : 0, modified: FileTime(status.st_mtim))
    }
}

/// One file of a lineage and what it is.
package struct FileEntry: Hashable, Sendable, Codable {
    /// Where it is, beneath the tree.
    package var path: TreePath
    /// What it is.
    package var identity: FileIdentity
}

extension TreeFolder {
    /// `path` and everything beneath it, following nothing, in the order of paths; empty where there is nothing.
    /// Content of regular files is hashed; nothing else is opened.
    func entries(_ path: TreePath) throws(CallFailure) -> [FileEntry] {
        guard let status = try status(path) else { return [] }
        var identity = FileIdentity(status)
        switch identity.kind {
        case .file: identity.sha256 = try hash(path)
        case .symlink: identity.target = TreePath(try target(path))
        case .folder:
            var entries = [FileEntry(path: path, identity: identity)]
            for name in try names(path) { entries += try self.entries(path.appending(name)) }
            return entries
        case .fifo, .socket, .device: break
        }
        return [FileEntry(path: path, identity: identity)]
    }

    private func hash(_ path: TreePath) throws(CallFailure) -> String {
        let file = try open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        defer { close(file) }
        var hash = SHA256()
        try Self.readAll(file, shown(path)) { (chunk) throws(CallFailure) in hash.update(bufferPointer: chunk) }
        return Fingerprint(Array(hash.finalize())).description
    }
}
