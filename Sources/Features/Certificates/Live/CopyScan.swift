import CLinux
import Glibc

/// Walks folders and hands out files that may hold certificates or keys, without following symlinks.
struct CopyScan {
    /// A file that may hold something.
    struct Candidate {
        /// Its path.
        var path: [UInt8]
        /// Its bytes: whole, at most a megabyte.
        var bytes: [UInt8]
        /// Device and inode.
        var identity: InodeIdentity
    }

    /// What the walk meets.
    enum Event {
        case file(Candidate)
        /// A symlink and what it says.
        case link([UInt8], to: [UInt8])
        case unreadable([UInt8], reason: String)
    }

    /// Folders that are passed over, wherever they are met under whatever name.
    let skipped: Set<InodeIdentity>
    /// How many files are looked at before the walk ends.
    let limit: Int
    /// Whether it must end now.
    let isOver: () -> Bool
    /// How many files have been looked at.
    private(set) var count = 0
    /// Whether everything was walked.
    private(set) var isWhole = true

    private static let headSize = 65_536
    private static let sizeLimit = 1 << 20
    /// No folder that holds certificates is deeper.
    private static let depthLimit = 24
    private var buffer = [UInt8](repeating: 0, count: headSize)

    init(skipping skipped: Set<InodeIdentity>, limit: Int, isOver: @escaping () -> Bool) {
        (self.skipped, self.limit, self.isOver) = (skipped, limit, isOver)
    }

    /// Walks `path`; a missing folder holds nothing.
    mutating func walk(_ path: String, _ take: (Event) -> Void) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno != ENOENT && errno != ENOTDIR { take(.unreadable(Array(path.utf8), reason: Self.words)) }
            return
        }
        walk(descriptor, Array(path.utf8), 0, take)
    }

    private static var words: String { String(cString: strerror(errno)) }

    /// Takes `descriptor` over.
    private mutating func walk(_ descriptor: Int32, _ path: [UInt8], _ depth: Int, _ take: (Event) -> Void) {
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(stream) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, !skipped.contains(InodeIdentity(status)) else { return }
        var folders: [[UInt8]] = []
        while isWhole, let entry = readdir(stream) {
            let name = Self.name(entry)
            guard name != [46], name != [46, 46] else { continue }
            switch Int(entry.pointee.d_type) {
            case 4: folders.append(name)
            case 8: file(descriptor, path, name, take)
            case 10: link(descriptor, path, name, take)
            case 0: unknown(descriptor, path, name, &folders, take)
            default: break
            }
        }
        guard depth < Self.depthLimit else { return }
        for name in folders where isWhole {
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
            let child = FileName.withPath(name) { openat(descriptor, $0, flags) }
            let childPath = path + [47] + name
            if child >= 0 {
                walk(child, childPath, depth + 1, take)
            } else if errno != ENOENT {
                take(.unreadable(childPath, reason: Self.words))
            }
        }
    }

    private static func name(_ entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
                Array(
                    UnsafeBufferPointer(
                        start: bytes, count: strnlen(UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self), 256)))
            }
        }
    }

    /// A file system that doesn't tell kinds of files in its folders.
    private mutating func unknown(
        _ folder: Int32, _ path: [UInt8], _ name: [UInt8], _ folders: inout [[UInt8]], _ take: (Event) -> Void
    ) {
        var status = stat()
        guard FileName.withPath(name, { fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: folders.append(name)
        case S_IFREG: file(folder, path, name, take)
        case S_IFLNK: link(folder, path, name, take)
        default: break
        }
    }

    private func link(_ folder: Int32, _ path: [UInt8], _ name: [UInt8], _ take: (Event) -> Void) {
        var target = [UInt8](repeating: 0, count: 4_096)
        let count = target.withUnsafeMutableBytes { bytes in
            FileName.withPath(name) {
                readlinkat(folder, $0, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
            }
        }
        if count > 0 { take(.link(path + [47] + name, to: Array(target[..<count]))) }
    }

    private mutating func file(_ folder: Int32, _ path: [UInt8], _ name: [UInt8], _ take: (Event) -> Void) {
        count += 1
        if count > limit || count & 0xff == 0 && isOver() {
            isWhole = false
            return
        }
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let descriptor = FileName.withPath(name) { openat(folder, $0, flags) }
        guard descriptor >= 0 else {
            if errno == EACCES || errno == EPERM { take(.unreadable(path + [47] + name, reason: Self.words)) }
            return
        }
        defer { close(descriptor) }
        let head = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard head > 64, CertificateFile.isWorthReading(buffer[..<head]) else { return }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.sizeLimit
        else { return }
        var bytes = Array(buffer[..<head])
        while head == Self.headSize, bytes.count < Self.sizeLimit {
            let more = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard more > 0 else { break }
            bytes += buffer[..<more]
        }
        take(.file(Candidate(path: path + [47] + name, bytes: bytes, identity: InodeIdentity(status))))
    }
}

/// A file's device and inode: the same for hard links and under every mount.
struct InodeIdentity: Hashable, Sendable {
    /// The device.
    var device: UInt64
    /// The inode.
    var inode: UInt64

    init(_ status: stat) { (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino)) }

    /// Of what `path` leads to; nil if there is nothing.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
