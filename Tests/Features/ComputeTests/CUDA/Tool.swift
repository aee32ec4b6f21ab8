import Glibc

/// Programs that tests start.
enum Tool {
    /// The exit status; -1 where the program can't be started.
    static func run(_ arguments: [String]) -> Int32 {
        var process: pid_t = 0
        let copies = arguments.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        guard posix_spawnp(&process, arguments[0], nil, nil, copies, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }

    /// A new folder for this process's files.
    static func scratch(_ name: String) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(name)-XXXXXX".utf8CString)
        return mkdtemp(&template).map { String(cString: $0) } ?? base
    }

    /// A file's text, nil where it can't be read.
    static func text(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Takes a file's last byte away.
    static func cutShort(_ path: String) {
        var state = stat()
        guard stat(path, &state) == 0 else { return }
        truncate(path, state.st_size - 1)
    }

    /// The repository's root.
    static var root: String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(5).joined(separator: "/")
    }
}
