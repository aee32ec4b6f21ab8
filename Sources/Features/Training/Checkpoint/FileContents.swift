import Glibc

/// Files as a whole.
enum FileContents {
    /// - Throws: an error of this kind that names the file and the system's reason.
    static func read(_ path: String, _ code: TrainingError.Code, field: String? = nil) throws(TrainingError) -> [UInt8]
    {
        func refuse(_ reason: String) -> TrainingError {
            TrainingError(code, "\(path) can't be read: \(reason).", field: field)
        }
        // A pipe without a writer must not hold the training up.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw refuse(reason(errno)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw refuse(reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refuse("it is no file") }
        let size = Int(status.st_size)
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            while count < size {
                let got = Glibc.read(file, target.baseAddress! + count, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                count += got
            }
        }
        guard failure == 0 else { throw refuse(reason(failure)) }
        return bytes
    }

    static func makeFolder(_ path: String) throws(TrainingError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw TrainingError(
                .checkpoint, "The folder \(path) can't be made: \(reason(errno)).", field: "checkpoints")
        }
    }

    /// The name of a folder's entry.
    static func name(_ entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
    }

    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
