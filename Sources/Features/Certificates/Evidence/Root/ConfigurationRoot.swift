import Glibc

/// The folder that the servers' configurations, every absolute path in them and every symlink are relative to:
/// `/`, or a container's or a test's root (`--config-root`). Nothing outside it is reached, as under chroot(2).
///
/// Paths *inside* are absolute as the servers know them; paths *outside* are as this process opens them: the root's
/// path in front. Strings carry bytes that are not UTF-8 as ``ByteText`` has them.
package struct ConfigurationRoot: Hashable, Sendable {
    /// The root's own path, symlinks resolved but for the one of `/proc/PID/root`; empty for `/`.
    package let prefix: String
    /// The root's path as it was given.
    private let given: String

    /// The root at `path`.
    package init(_ path: String = "/") {
        var resolved = path
        if !Self.isOfProcess(path), let real = realpath(path, nil) {
            resolved = ByteText.string(UnsafeRawBufferPointer(start: real, count: strlen(real)))
            free(real)
        }
        while resolved.utf8.last == UInt8(ascii: "/") { resolved.unicodeScalars.removeLast() }
        prefix = resolved
        var given = path
        while given.utf8.last == UInt8(ascii: "/") { given.unicodeScalars.removeLast() }
        self.given = given
    }

    /// Whether `path` is `/proc/PID/root` or below it: the kernel leads there into the process's own mount namespace
    /// (proc_pid_root(5)), while its text, which realpath(3) follows, says `/`.
    private static func isOfProcess(_ path: String) -> Bool {
        let parts = PathWalk.components(path).filter { $0 != "." }
        return path.utf8.first == UInt8(ascii: "/") && parts.count >= 3 && parts[0] == "proc" && parts[2] == "root"
    }

    /// Whether it is this system's own root, so that its servers can be asked.
    package var isSystem: Bool { prefix.isEmpty }

    /// The path by which this process opens the inside path `inside`.
    package func outside(_ inside: String) -> String { inside == "/" && !isSystem ? prefix : prefix + inside }

    /// The inside path of the outside path `path`; nil where it isn't below the root.
    package func inside(_ path: String) -> String? {
        if isSystem { return path }
        for root in [prefix, given] where PathText.isWithin(path, root) {
            return path == root ? "/" : String(Substring(path.utf8.dropFirst(root.utf8.count)))
        }
        return nil
    }

    /// Follows `inside` within the root, at most 40 symlinks as Linux does (path_resolution(7)).
    package func resolve(_ inside: String) -> ResolvedPath {
        var walk = PathWalk(inside)
        return walk.run(root: self)
    }

    /// lstat(2) of the inside path, whose last component isn't followed; the errno value where that fails.
    func status(_ inside: String) -> Result<stat, SystemFailure> {
        var status = stat()
        let result = withPath(inside) { lstat($0, &status) }
        return result == 0 ? .success(status) : .failure(SystemFailure(code: errno))
    }

    /// readlink(2) of the inside path.
    func destination(_ inside: String) -> Result<String, SystemFailure> {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = withPath(inside) { path in
            buffer.withUnsafeMutableBytes {
                readlink(path, $0.bindMemory(to: CChar.self).baseAddress!, $0.count)
            }
        }
        return count < 0 ? .failure(SystemFailure(code: errno)) : .success(ByteText.string(buffer.prefix(count)))
    }

    /// Calls `body` with the C path of the inside path.
    func withPath<Value>(_ inside: String, _ body: (UnsafePointer<CChar>) -> Value) -> Value {
        var bytes = ByteText.bytes(outside(inside))
        // A path can't hold a NUL: what follows one would be lost without a word.
        if let end = bytes.firstIndex(of: 0) { bytes[end] = 0xFF }
        bytes.append(0)
        return bytes.withUnsafeBytes { body($0.bindMemory(to: CChar.self).baseAddress!) }
    }
}

/// A system call's errno value.
struct SystemFailure: Error, Hashable, CustomStringConvertible {
    /// errno.
    var code: Int32

    /// The system's words.
    var description: String { String(cString: strerror(code)) }
}
