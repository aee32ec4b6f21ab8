// A module below imports Foundation, and then the compiler takes `stat` for CoreFoundation's.
internal import CoreFoundation
import Glibc

/// What stat(2) says of a file.
package struct FileFacts: Hashable, Sendable {
    /// inode(7)'s kinds, as far as they matter here.
    package enum Kind: Hashable, Sendable { case file, folder, symlink, other }

    package var kind: Kind
    /// Permission bits.
    package var mode: UInt32
    package var user: UInt32
    package var group: UInt32
    /// In bytes.
    package var size: Int
    package var device: UInt64
    package var inode: UInt64
    /// When it was last written, in nanoseconds since 1970.
    package var modified: Int64

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .symlink
            default: .other
            }
        mode = UInt32(status.st_mode & 0o7777)
        (user, group, size) = (status.st_uid, status.st_gid, Int(status.st_size))
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    /// Of what stands at the end of `path`'s symlinks; nil, with errno(3) set, where nothing can be seen.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of an open file; nil, with errno(3) set, where it can't be told.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of `name` itself in an open folder, symlinks not followed; nil, with errno(3) set, where nothing can be seen.
    init?(folder: Int32, name: String) {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    /// Four numbers that change when the file does.
    var stamp: [Int64] { [Int64(bitPattern: device), Int64(bitPattern: inode), Int64(size), modified] }
}
