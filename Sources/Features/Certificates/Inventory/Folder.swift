import CLinux
import Glibc

/// Why a system call failed.
struct SystemError: Error, Hashable, Sendable {
    let number: Int32

    /// The last call's error.
    static var last: Self { Self(number: errno) }

    /// The system's words: `Permission denied`.
    var text: String { String(cString: strerror(number)) }
}

/// What kind of file an entry is.
enum FileType: Hashable, Sendable {
    case regular, folder, link, fifo, socket, device, unknown

    /// From a directory record's `d_type` (readdir(3)).
    init(record: UInt8) {
        switch record {
        case 8: self = .regular
        case 4: self = .folder
        case 10: self = .link
        case 1: self = .fifo
        case 12: self = .socket
        case 2, 6: self = .device
        default: self = .unknown
        }
    }

    /// From a mode (inode(7)).
    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .folder
        case S_IFLNK: self = .link
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        case S_IFCHR, S_IFBLK: self = .device
        default: self = .unknown
        }
    }

    /// In words, with its article.
    var words: String {
        switch self {
        case .regular: "a regular file"
        case .folder: "a folder"
        case .link: "a symlink"
        case .fifo: "a FIFO"
        case .socket: "a socket"
        case .device: "a device"
        case .unknown: "a file of an unknown kind"
        }
    }
}

/// What `fstat` says, as far as it is of use.
struct FileStatus: Hashable, Sendable {
    let type: FileType
    let mode: mode_t
    let user: uid_t
    let group: gid_t
    let size: Int
    let device: UInt
    let inode: UInt

    init(_ status: stat) {
        type = FileType(mode: status.st_mode)
        mode = status.st_mode & 0o7777
        user = status.st_uid
        group = status.st_gid
        size = Int(status.st_size)
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }
}

/// An open directory. Everything is reached from its descriptor by one name at a time, so that no symlink is followed.
final class Folder: Sendable {
    let descriptor: Int32

    /// Takes the descriptor over.
    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    private static let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    /// Opens an absolute path, following symlinks.
    static func open(_ path: String) throws(SystemError) -> Folder {
        let descriptor = Glibc.open(path, flags)
        guard descriptor >= 0 else { throw .last }
        return Folder(descriptor: descriptor)
    }

    /// Opens a folder in this one; a symlink is refused (`ENOTDIR` or `ELOOP`).
    func folder(_ name: FileName) throws(SystemError) -> Folder {
        let descriptor = name.withPath { openat(self.descriptor, $0, Self.flags | O_NOFOLLOW) }
        guard descriptor >= 0 else { throw .last }
        return Folder(descriptor: descriptor)
    }

    /// Opens a folder somewhere below, following symlinks that stay below (`EXDEV` for others).
    func folderBeneath(_ path: [UInt8]) throws(SystemError) -> Folder {
        let descriptor = FileName.withPath(path) { clinux_open_beneath(self.descriptor, $0, Self.flags) }
        guard descriptor >= 0 else { throw .last }
        return Folder(descriptor: descriptor)
    }

    /// Calls `body` for every entry but `.` and `..`; the name is valid during the call.
    func forEach(
        _ buffer: UnsafeMutableRawBufferPointer, _ body: (UnsafeBufferPointer<UInt8>, FileType) -> Void
    ) throws(SystemError) {
        while true {
            let filled = clinux_getdents(descriptor, buffer.baseAddress, buffer.count)
            guard filled >= 0 else { throw .last }
            if filled == 0 { return }
            var offset = 0
            while offset + 19 < filled {
                // d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name (getdents64(2)).
                let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
                guard length > 19, offset + length <= filled else { return }
                let name = UnsafeRawBufferPointer(rebasing: buffer[(offset + 19)..<(offset + length)])
                    .assumingMemoryBound(to: UInt8.self)
                let end = name.firstIndex(of: 0) ?? name.count
                let isDots = end <= 2 && name[..<end].allSatisfy { $0 == UInt8(ascii: ".") }
                if !isDots {
                    body(UnsafeBufferPointer(rebasing: name[..<end]), FileType(record: buffer[offset + 18]))
                }
                offset += length
            }
        }
    }

    /// Every entry, by name.
    func entries() throws(SystemError) -> [(name: FileName, type: FileType)] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var all: [(name: FileName, type: FileType)] = []
        try forEach(buffer) { name, type in
            let name = FileName(Array(name))
            all.append((name, type == .unknown ? status(name)?.type ?? type : type))
        }
        return all.sorted { $0.name < $1.name }
    }

    /// What the entry itself is, symlinks not followed; nil if there is none or it can't be seen.
    func status(_ name: FileName) -> FileStatus? {
        var result = stat()
        let failed = name.withPath { fstatat(descriptor, $0, &result, AT_SYMLINK_NOFOLLOW) }
        return failed == 0 ? FileStatus(result) : nil
    }

    /// What the folder itself is.
    var status: FileStatus? {
        var result = stat()
        return fstat(descriptor, &result) == 0 ? FileStatus(result) : nil
    }

    /// Where the symlink `name` leads, as written.
    func readLink(_ name: FileName) throws(SystemError) -> [UInt8] {
        let target = name.withPath { name in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer -> [UInt8]? in
                guard let start = buffer.baseAddress else { return nil }
                let count = readlinkat(descriptor, name, start, buffer.count)
                return count < 0 ? nil : buffer[..<count].map { UInt8(bitPattern: $0) }
            }
        }
        guard let target else { throw .last }
        return target
    }
}
