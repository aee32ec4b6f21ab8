import CLinux
import Glibc

/// A file's bytes with what `fstat` said of the descriptor that they were read from.
struct FileContent: Sendable {
    let bytes: [UInt8]
    let status: FileStatus

    /// No file of a lineage is larger; more is not read.
    static let limit = 1 << 20
}

/// Why a file could not be read.
enum FileTrouble: Error, Hashable {
    case system(SystemError)
    case notRegular(FileType)
    case tooLarge

    var text: String {
        switch self {
        case .system(let error): error.text
        case .notRegular(let type): "it is \(type.words), not a regular file"
        case .tooLarge: "it is larger than 1 MiB, which no file of a lineage is"
        }
    }

    /// Whether another user, or an administrator, could read it.
    var isDenied: Bool { self == .system(SystemError(number: EACCES)) || self == .system(SystemError(number: EPERM)) }
    /// Whether there is nothing to read.
    var isMissing: Bool {
        self == .system(SystemError(number: ENOENT)) || self == .system(SystemError(number: ENOTDIR))
    }
}

extension Folder {
    // O_NONBLOCK: a FIFO or a device in a file's place must not hold the reader up.
    private static let fileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC

    /// Reads the regular file `name` in this folder; a symlink is refused.
    func read(_ name: FileName, limit: Int = FileContent.limit) throws(FileTrouble) -> FileContent {
        let descriptor = name.withPath { openat(self.descriptor, $0, Self.fileFlags) }
        guard descriptor >= 0 else { throw .system(.last) }
        return try Self.read(taking: descriptor, limit: limit)
    }

    /// Reads the regular file at `path` somewhere below, following symlinks that stay below.
    func readBeneath(_ path: [UInt8], limit: Int = FileContent.limit) throws(FileTrouble) -> FileContent {
        let flags = Self.fileFlags & ~O_NOFOLLOW
        let descriptor = FileName.withPath(path) { clinux_open_beneath(self.descriptor, $0, flags) }
        guard descriptor >= 0 else { throw .system(.last) }
        return try Self.read(taking: descriptor, limit: limit)
    }

    /// Reads the regular file at an absolute path, following symlinks.
    static func read(_ path: String, limit: Int = FileContent.limit) throws(FileTrouble) -> FileContent {
        let descriptor = Glibc.open(path, fileFlags & ~O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system(.last) }
        return try read(taking: descriptor, limit: limit)
    }

    private static func read(taking descriptor: Int32, limit: Int) throws(FileTrouble) -> FileContent {
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(.last) }
        let facts = FileStatus(status)
        guard facts.type == .regular else { throw .notRegular(facts.type) }
        guard facts.size <= limit else { throw .tooLarge }
        var failure: SystemError?
        // One byte more than it holds: a short count then says that this was all, without another call.
        let bytes = [UInt8](unsafeUninitializedCapacity: facts.size + 1) { buffer, filled in
            while filled < buffer.count {
                let count = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { failure = .last }
                if count <= 0 { break }
                filled += count
                if filled == facts.size { break }
            }
        }
        if let failure { throw .system(failure) }
        return FileContent(bytes: bytes, status: facts)
    }
}
