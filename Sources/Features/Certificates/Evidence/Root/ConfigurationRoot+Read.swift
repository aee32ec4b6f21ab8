import Glibc

extension ConfigurationRoot {
    /// The largest configuration file that is read, in bytes.
    package static let fileLimit = 4 << 20

    /// Why a file's bytes can't be had.
    package enum ReadFailure: Error, Hashable {
        case missing
        /// Anything else, in words that follow the path.
        case unreadable(String)
    }

    /// The bytes of the file at `inside`, following symlinks within the root. FIFOs and devices aren't opened.
    package func read(_ inside: String) -> Result<[UInt8], ReadFailure> {
        let path = resolve(inside)
        switch path.state {
        case .missing: return .failure(.missing)
        case .folder: return .failure(.unreadable("it is a folder"))
        case .other: return .failure(.unreadable("it is not a plain file"))
        case .unreadable(let reason): return .failure(.unreadable(reason))
        case .file: break
        }
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let file = withPath(path.resolved) { open($0, flags) }
        guard file >= 0 else { return .failure(.unreadable(SystemFailure(code: errno).description)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(.unreadable("it is not a plain file"))
        }
        return contents(of: file, expected: Int(status.st_size))
    }

    private func contents(of file: Int32, expected: Int) -> Result<[UInt8], ReadFailure> {
        let tooLarge = ReadFailure.unreadable("it is larger than 4 MiB")
        if expected > Self.fileLimit { return .failure(tooLarge) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: max(4096, min(expected + 1, 1 << 20)))
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return .failure(.unreadable(SystemFailure(code: errno).description)) }
            if count == 0 { return .success(bytes) }
            bytes.append(contentsOf: chunk.prefix(count))
            if bytes.count > Self.fileLimit { return .failure(tooLarge) }
        }
    }

    /// The names in the folder at `inside`, without `.` and `..`, in byte order.
    package func names(in inside: String) -> Result<[String], ReadFailure> {
        let path = resolve(inside)
        switch path.state {
        case .missing: return .failure(.missing)
        case .file, .other: return .failure(.unreadable("it is not a folder"))
        case .unreadable(let reason): return .failure(.unreadable(reason))
        case .folder: break
        }
        guard let folder = withPath(path.resolved, { opendir($0) }) else {
            return .failure(.unreadable(SystemFailure(code: errno).description))
        }
        defer { closedir(folder) }
        var names: [[UInt8]] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
                    Array(UnsafeBufferPointer(start: bytes, count: strnlen(entry: bytes)))
                }
            }
            if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
        }
        return .success(names.sorted { $0.lexicographicallyPrecedes($1) }.map { ByteText.string($0) })
    }

    private func strnlen(entry bytes: UnsafePointer<UInt8>) -> Int {
        var count = 0
        while count < 256 && bytes[count] != 0 { count += 1 }
        return count
    }
}
