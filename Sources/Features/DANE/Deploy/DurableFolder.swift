import CLinux
import Glibc

/// A folder held open. Files in it are read, replaced and removed by name beneath its descriptor, no symlink is followed,
/// and what was written is on disk when the call returns.
package final class DurableFolder: Sendable {
    /// The descriptor.
    let descriptor: Int32
    /// The path it was opened by, for messages.
    package let path: String

    /// Opens the folder at `path`, an absolute path whose symlinks the administrator answers for.
    package init(path: String) throws(FileFailure) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw FileFailure("open the folder", path) }
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the folder at `path`, made with all above it where it isn't there: they with mode 755, itself with `mode`.
    package static func making(_ path: String, mode: UInt32 = 0o700) throws(FileFailure) -> DurableFolder {
        var above = ""
        let parts = path.split(separator: "/")
        for (index, part) in parts.enumerated() {
            let parent = above.isEmpty ? "/" : above
            above += "/\(part)"
            if mkdir(above, index == parts.count - 1 ? mode : 0o755) == 0 {
                try DurableFolder(path: parent).sync()
            } else if errno != EEXIST {
                throw FileFailure("make the folder", above)
            }
        }
        return try DurableFolder(path: path)
    }

    /// Opens the folder at `name` beneath this one, through no symlink.
    package func folder(_ name: String) throws(FileFailure) -> DurableFolder {
        let opened = clinux_open_within(descriptor, name, O_RDONLY | O_DIRECTORY, 0)
        guard opened >= 0 else { throw FileFailure("open the folder", shown(name)) }
        return DurableFolder(descriptor: opened, path: shown(name))
    }

    /// A path as messages show it.
    func shown(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes the folder's entries durable.
    package func sync() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw FileFailure("write the folder", path) }
    }

    /// What lstat(2) says; nil where there is nothing.
    package func facts(_ name: String) throws(FileFailure) -> FileFacts? {
        if let facts = FileFacts(folder: descriptor, name: name) { return facts }
        guard errno == ENOENT else { throw FileFailure("look at", shown(name)) }
        return nil
    }

    /// Reads a regular file of at most `limit` bytes; nil where there is none.
    package func read(_ name: String, limit: Int = 1 << 20) throws(FileFailure) -> [UInt8]? {
        let file = clinux_open_within(descriptor, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0)
        if file < 0 && errno == ENOENT { return nil }
        guard file >= 0 else { throw FileFailure("open", shown(name)) }
        defer { close(file) }
        guard let facts = FileFacts(descriptor: file) else { throw FileFailure("look at", shown(name)) }
        guard facts.kind == .file else { throw FileFailure("read", shown(name), EINVAL) }
        var bytes = [UInt8](repeating: 0, count: min(limit, facts.size) + 1)
        var filled = 0
        while true {
            let (start, room) = (filled, bytes.count - filled)
            let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress?.advanced(by: start), room) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read", shown(name)) }
            filled += count
            if filled > limit { throw FileFailure("read", shown(name), EFBIG) }
            if count == 0 { return Array(bytes[..<filled]) }
            if filled == bytes.count { bytes += [UInt8](repeating: 0, count: min(1 << 16, limit - filled + 1)) }
        }
    }

    /// The names in it, ascending.
    package func names() throws(FileFailure) -> [String] {
        let opened = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0, let stream = fdopendir(opened) else { throw FileFailure("read the folder", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let name = String(decoding: bytes, as: UTF8.self)
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
