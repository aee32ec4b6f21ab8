import CLinux
import Glibc

extension TreeFolder {
    /// Makes the folder `path`; whether it was not there before.
    @discardableResult
    func makeFolder(_ path: TreePath, mode: mode_t = 0o700) throws(CallFailure) -> Bool {
        let parent = try open(path.parent, O_RDONLY | O_DIRECTORY)
        defer { close(parent) }
        if path.last.withCString({ mkdirat(parent, $0, mode) }) == 0 { return true }
        guard errno == EEXIST else { throw CallFailure("make the folder", shown(path)) }
        return false
    }

    /// Writes a new file and makes it durable, its entry in the folder excepted.
    func write(_ bytes: [UInt8], newFile path: TreePath) throws(CallFailure) {
        let file = try open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        defer { close(file) }
        try writeAll(file, bytes, path)
        guard fsync(file) == 0 else { throw CallFailure("write", shown(path)) }
    }

    /// Writes all of `bytes` to the open file `file`, which is at `path`.
    func writeAll(_ file: Int32, _ bytes: [UInt8], _ path: TreePath) throws(CallFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw CallFailure("write", shown(path), count == 0 ? ENOSPC : errno) }
            done += count
        }
    }

    /// Reads a regular file whole; nil where there is none.
    /// - Throws: also where it is larger than `limit` bytes (EFBIG) or no regular file (EINVAL).
    func read(_ path: TreePath, limit: Int) throws(CallFailure) -> [UInt8]? {
        let file: Int32
        do { file = try open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) } catch {
            if error.number == ENOENT { return nil }
            throw error
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        try Self.readAll(file, shown(path)) { (chunk) throws(CallFailure) in
            bytes += chunk
            if bytes.count > limit { throw CallFailure("read", shown(path), EFBIG) }
        }
        return bytes
    }

    /// Hands the content of the open regular file over in chunks.
    static func readAll(
        _ file: Int32, _ path: String, _ body: (UnsafeRawBufferPointer) throws(CallFailure) -> Void
    ) throws(CallFailure) {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw CallFailure("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw CallFailure("read", path, EINVAL) }
        let size = min(1 << 18, max(4096, Int(status.st_size) + 1))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw CallFailure("read", path) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Makes the entries of the folder `path` durable.
    func sync(_ path: TreePath = TreePath("")) throws(CallFailure) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw CallFailure("sync", shown(path)) }
    }

    /// Renames within the tree; never replaces anything.
    func move(_ from: TreePath, to: TreePath) throws(CallFailure) {
        let source = try open(from.parent, clinux_O_PATH | O_DIRECTORY)
        defer { close(source) }
        let destination = try open(to.parent, clinux_O_PATH | O_DIRECTORY)
        defer { close(destination) }
        let result = from.last.withCString { old in
            to.last.withCString { new in clinux_rename_noreplace(source, old, destination, new) }
        }
        guard result == 0 else { throw CallFailure("move", "\(shown(from)) to \(shown(to))") }
    }

    /// Removes one file or one empty folder; nothing there is no error.
    func remove(_ path: TreePath, folder: Bool) throws(CallFailure) {
        let parent = try open(path.parent, clinux_O_PATH | O_DIRECTORY)
        defer { close(parent) }
        let result = path.last.withCString { unlinkat(parent, $0, folder ? AT_REMOVEDIR : 0) }
        guard result == 0 || errno == ENOENT else { throw CallFailure("remove", shown(path)) }
    }

    /// Removes `path` and everything beneath it, deepest first, following nothing.
    func removeAll(_ path: TreePath) throws(CallFailure) {
        guard let status = try status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return try remove(path, folder: false) }
        for name in try names(path) { try removeAll(path.appending(name)) }
        try remove(path, folder: true)
    }

    /// Sets the modification time alone.
    func setTime(_ path: TreePath, _ time: FileTime) throws(CallFailure) {
        let parent = try open(path.parent, clinux_O_PATH | O_DIRECTORY)
        defer { close(parent) }
        let result = path.last.withCString { clinux_set_mtime(parent, $0, time.seconds, time.nanoseconds) }
        guard result == 0 else { throw CallFailure("set the time of", shown(path)) }
    }
}
