import Crypto
import Glibc

/// The folder of compiled kernels: one object for each source, shim, options, compiler and processor, named by their
/// hash. What lies there is loaded into this process, so a folder or object that anybody else can write is not used.
package struct KernelCache: Sendable {
    /// Without a slash at the end.
    package let folder: String

    /// `STEWARD_KERNEL_CACHE`, else `steward/kernels` below `XDG_CACHE_HOME` or `~/.cache`; where that can't be used, a
    /// folder of this process alone that goes with it.
    ///
    /// - Parameter wanted: the folder, instead of the one that the environment names.
    package static func open(at wanted: String? = nil) throws(ComputeError) -> KernelCache {
        if let wanted = wanted ?? HostCompiler.environment("STEWARD_KERNEL_CACHE"), !wanted.isEmpty {
            if let cache = KernelCache(trusting: wanted) { return cache }
        } else if let base = cacheHome(), let cache = KernelCache(trusting: base + "/steward/kernels") {
            return cache
        }
        return try ownFolder.get()
    }

    private static func cacheHome() -> String? {
        if let base = HostCompiler.environment("XDG_CACHE_HOME"), base.hasPrefix("/") { return base }
        guard let home = HostCompiler.environment("HOME"), home.hasPrefix("/") else { return nil }
        return home + "/.cache"
    }

    /// A folder of the process, removed when it ends.
    private static let ownFolder: Result<KernelCache, ComputeError> = {
        let base = HostCompiler.environment("TMPDIR") ?? "/tmp"
        var name = Array((base + "/steward-kernels-XXXXXX").utf8CString)
        guard mkdtemp(&name) != nil else {
            return .failure(
                ComputeError(
                    .compilation, "No folder for compiled kernels can be made in \(base); set STEWARD_KERNEL_CACHE."))
        }
        let folder = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        atexit { KernelCache.removeOwnFolder() }
        return .success(KernelCache(folder: folder))
    }()

    private static func removeOwnFolder() {
        guard case .success(let cache) = ownFolder, let entries = opendir(cache.folder) else { return }
        while let entry = readdir(entries) {
            unlink(cache.folder + "/" + name(entry))
        }
        closedir(entries)
        rmdir(cache.folder)
    }

    private init(folder: String) { self.folder = folder }

    /// The folder, made if it is missing; nil when it isn't this user's alone to write.
    package init?(trusting folder: String) {
        var path = ""
        for part in folder.split(separator: "/") {
            path += (path.isEmpty && !folder.hasPrefix("/") ? "" : "/") + part
            mkdir(path, 0o700)
        }
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid() else { return nil }
        guard facts.st_mode & 0o022 == 0, access(path, W_OK | X_OK) == 0 else { return nil }
        self.folder = path
    }

    /// The name for what is compiled from all of this.
    package static func key(_ parts: [String]) -> String {
        var hash = SHA256()
        for part in parts {
            hash.update(data: Array("\(part.utf8.count):".utf8))
            hash.update(data: Array(part.utf8))
        }
        return hex(hash.finalize())
    }

    private static func hex(_ digest: some Sequence<UInt8>) -> String {
        digest.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    /// Where the object of that key lies or will.
    package func path(_ key: String) -> String { "\(folder)/\(key).so" }

    /// Whether the object is there, whole and this user's. An object ends with the hash of what comes before.
    package func holds(_ key: String) -> Bool {
        guard let bytes = Self.trustedBytes(path(key)), bytes.count > Self.tail else { return false }
        return Array(SHA256.hash(data: bytes.dropLast(Self.tail))) == Array(bytes.suffix(Self.tail))
    }

    private static let tail = SHA256.byteCount

    /// The file's bytes; nil where it isn't a plain file that only this user can write.
    package static func trustedBytes(_ path: String) -> [UInt8]? {
        let file = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_uid == geteuid() else { return nil }
        guard facts.st_mode & 0o022 == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes[filled...].withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count <= 0 { return nil }
            filled += count
        }
        return bytes
    }

    /// A name beside the objects for a file in the making.
    package func scratch(_ suffix: String) -> String {
        "\(folder)/.\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))\(suffix)"
    }

    /// Seals the finished object with its hash and gives it its name, at once for every process.
    package func publish(_ scratch: String, as key: String) throws(ComputeError) {
        chmod(scratch, 0o600)
        guard let bytes = Self.trustedBytes(scratch), append(Array(SHA256.hash(data: bytes)), to: scratch),
            rename(scratch, path(key)) == 0
        else {
            let reason = String(cString: strerror(errno))
            unlink(scratch)
            throw ComputeError(
                .compilation, "The compiled kernel can't be kept in \(folder) (\(reason)); set STEWARD_KERNEL_CACHE.")
        }
    }

    /// Removes the oldest objects beyond `most`, and files in the making that were left behind an hour ago.
    package func prune(keeping most: Int = 1024) {
        var objects: [(name: String, time: Int)] = []
        guard let entries = opendir(folder) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = Self.name(entry)
            var facts = stat()
            guard lstat(folder + "/" + name, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            if name.hasSuffix(".so") || name.hasSuffix(".cubin"), !name.hasPrefix(".") {
                objects.append((name, facts.st_mtim.tv_sec))
            }
            if name.hasPrefix("."), facts.st_mtim.tv_sec < time(nil) - 3600 { unlink(folder + "/" + name) }
        }
        guard objects.count > most else { return }
        for object in objects.sorted(by: { $0.time < $1.time }).prefix(objects.count - most) {
            unlink(folder + "/" + object.name)
        }
    }

    private static func name(_ entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
    }

    private func append(_ bytes: [UInt8], to path: String) -> Bool {
        let file = Glibc.open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return write(file, bytes, bytes.count) == bytes.count
    }
}
