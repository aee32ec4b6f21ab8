import CLinux
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

    private init?(_ folder: Int32, _ path: String, follows: Bool) {
        var numbers = [Int64](repeating: 0, count: 7)
        guard clinux_file_facts(folder, path, follows ? 1 : 0, &numbers) == 0 else { return nil }
        kind =
            switch numbers[0] & 0o170000 {
            case 0o100000: .file
            case 0o040000: .folder
            case 0o120000: .symlink
            default: .other
            }
        mode = UInt32(truncatingIfNeeded: numbers[0] & 0o7777)
        (user, group) = (UInt32(truncatingIfNeeded: numbers[1]), UInt32(truncatingIfNeeded: numbers[2]))
        size = Int(numbers[3])
        (device, inode) = (UInt64(bitPattern: numbers[4]), UInt64(bitPattern: numbers[5]))
        modified = numbers[6]
    }

    /// Of what stands at the end of `path`'s symlinks; nil, with errno(3) set, where nothing can be seen.
    package init?(path: String) { self.init(AT_FDCWD, path, follows: true) }

    /// Of an open file; nil, with errno(3) set, where it can't be told.
    init?(descriptor: Int32) { self.init(descriptor, "", follows: false) }

    /// Of `name` itself in an open folder, symlinks not followed; nil, with errno(3) set, where nothing can be seen.
    init?(folder: Int32, name: String) { self.init(folder, name, follows: false) }

    /// Four numbers that change when the file does.
    var stamp: [Int64] { [Int64(bitPattern: device), Int64(bitPattern: inode), Int64(size), modified] }
}
