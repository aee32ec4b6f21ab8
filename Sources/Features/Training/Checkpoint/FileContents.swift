import Glibc

/// Files as a whole.
enum FileContents {
    /// - Throws: an error of this kind that names the file and the system's reason.
    static func read(_ path: String, _ code: TrainingError.Code, field: String? = nil) throws(TrainingError) -> [UInt8]
    {
        func refuse(_ reason: String) -> TrainingError {
            TrainingError(code, "\(path) can't be read: \(reason).", field: field)
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
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

    /// Writes a file beside its place, brings it to the disk and moves it there: readers see the old file or the new.
    static func replace(_ path: String, with bytes: [UInt8]) throws(TrainingError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let temporary = "\(path).\(getpid()).tmp"
        func refuse(_ what: String) -> TrainingError {
            let error = reason(errno)
            unlink(temporary)
            return TrainingError(
                .checkpoint, "\(path) can't be written: \(what) failed (\(error)). Check the folder's space and rights."
            )
        }
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw refuse("opening \(temporary)") }
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, $0.count - done) }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else {
                defer { close(file) }
                throw refuse("writing")
            }
            done += put
        }
        let isSynced = fsync(file) == 0
        guard close(file) == 0, isSynced else { throw refuse("bringing it to the disk") }
        guard rename(temporary, path) == 0 else { throw refuse("moving it to its place") }
        let directory = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw refuse("opening the folder") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw refuse("bringing the folder to the disk") }
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

    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
