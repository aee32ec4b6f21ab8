import Glibc

/// A file that is written beside its place, brought to the disk and moved there: readers see the old file or the new.
final class ReplacedFile {
    /// Where it belongs.
    let path: String
    private let temporary: String
    private let descriptor: Int32
    private var isPlaced = false

    /// Begins the file.
    /// - Throws: ``TrainingError/Code/checkpoint`` with the system's reason, as the other functions do.
    init(_ path: String) throws(TrainingError) {
        self.path = path
        temporary = "\(path).\(getpid()).tmp"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("opening \(temporary)") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if descriptor >= 0, !isPlaced { unlink(temporary) }
    }

    /// Appends cells, as they lie in memory.
    func write<Cell: BitwiseCopyable>(_ cells: [Cell]) throws(TrainingError) {
        let size = cells.count * MemoryLayout<Cell>.stride
        var done = 0
        while done < size {
            let put = cells.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, size - done) }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else { throw failure("writing") }
            done += put
        }
    }

    /// Moves the whole file to its place.
    func place() throws(TrainingError) {
        guard fsync(descriptor) == 0 else { throw failure("bringing it to the disk") }
        guard rename(temporary, path) == 0 else { throw failure("moving it to its place") }
        isPlaced = true
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let directory = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("opening the folder") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("bringing the folder to the disk") }
    }

    private func failure(_ what: String) -> TrainingError {
        TrainingError(
            .checkpoint,
            "\(path) can't be written: \(what) failed (\(FileContents.reason(errno))). Check the folder's space and rights."
        )
    }
}
