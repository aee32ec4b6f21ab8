import CLinux
import Glibc

/// A tree's folder, held open. Everything is reached beneath its descriptor and without following a symlink.
final class TreeFolder: Sendable {
    let descriptor: Int32
    /// The path it was opened by, for messages.
    let path: String

    /// Opens the folder at `path`, an absolute path whose symlinks the administrator answers for.
    init(path: String) throws(CallFailure) {
        descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw CallFailure("open", path) }
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens a folder beneath this one.
    func folder(_ path: TreePath) throws(CallFailure) -> TreeFolder {
        let opened = try open(path, O_RDONLY | O_DIRECTORY)
        return TreeFolder(descriptor: opened, path: self.path + "/" + path.description)
    }

    /// Opens a file beneath this folder and hands its descriptor over.
    func open(_ path: TreePath, _ flags: Int32, mode: mode_t = 0) throws(CallFailure) -> Int32 {
        let opened =
            path.bytes.isEmpty
            ? clinux_open_within(descriptor, ".", flags, mode)
            : path.withCString { clinux_open_within(descriptor, $0, flags, mode) }
        guard opened >= 0 else { throw CallFailure("open", shown(path)) }
        return opened
    }

    /// What lstat(2) says; nil where there is nothing.
    func status(_ path: TreePath) throws(CallFailure) -> stat? {
        let parent: Int32
        do { parent = try open(path.parent, clinux_O_PATH | O_DIRECTORY) } catch {
            if error.number == ENOENT || error.number == ENOTDIR { return nil }
            throw error
        }
        defer { close(parent) }
        var status = stat()
        let result = path.last.withCString { fstatat(parent, $0, &status, AT_SYMLINK_NOFOLLOW) }
        if result != 0 && errno == ENOENT { return nil }
        guard result == 0 else { throw CallFailure("look at", shown(path)) }
        return status
    }

    /// The names in the folder `path` beneath this one, ascending, without `.` and `..`.
    func names(_ path: TreePath = TreePath("")) throws(CallFailure) -> [[UInt8]] {
        try records(path).map(\.name)
    }

    /// The names in the folder `path` and their kinds as readdir(3) tells them; 0 where it does not tell.
    func records(_ path: TreePath) throws(CallFailure) -> [(name: [UInt8], type: UInt8)] {
        let opened = try open(path, O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(opened) else {
            let failure = CallFailure("read", shown(path))
            close(opened)
            throw failure
        }
        defer { closedir(stream) }
        var records: [(name: [UInt8], type: UInt8)] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46] && name != [46, 46] { records.append((name, entry.pointee.d_type)) }
            errno = 0
        }
        guard errno == 0 else { throw CallFailure("read", shown(path)) }
        return records.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Where the symlink `path` leads, as written.
    func target(_ path: TreePath) throws(CallFailure) -> [UInt8] {
        let parent = try open(path.parent, clinux_O_PATH | O_DIRECTORY)
        defer { close(parent) }
        var buffer = [UInt8](repeating: 0, count: 4097)
        let count = buffer.withUnsafeMutableBytes { buffer in
            path.last.withCString { name in
                buffer.withMemoryRebound(to: CChar.self) {
                    $0.baseAddress.map { readlinkat(parent, name, $0, 4097) } ?? -1
                }
            }
        }
        guard count >= 0 else { throw CallFailure("read the symlink", shown(path)) }
        return Array(buffer.prefix(count))
    }

    /// A path as messages show it.
    func shown(_ path: TreePath) -> String { path.bytes.isEmpty ? self.path : "\(self.path)/\(path)" }
}
