import Glibc

/// A log file that is renamed to `.1`, `.2`, ... when it has grown to its limit, and opened again when
/// somebody else renamed or deleted it.
final class RotatingFile: LogOutput {
    let name: String
    private let limit: Int
    private let keep: Int
    private let checkInterval: Int64
    private var descriptor: Int32 = -1
    private var size = 0
    private var identity: (device: UInt64, inode: UInt64) = (0, 0)
    private var nextCheck: Int64 = 0
    private var endsMidLine = false

    /// Opens nothing yet. `limit` is in bytes (0: never rotate), `keep` counts the older files that stay,
    /// `checkInterval` is in microseconds: how often the path is compared with the open file at most.
    init(path: String, limit: Int, keep: Int, checkInterval: Int64 = 1_000_000) {
        name = path
        self.limit = limit
        self.keep = keep
        self.checkInterval = checkInterval
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        let wasMidLine = endsMidLine
        if let problem = prepare() { return .failed(problem) }
        if wasMidLine, !endsMidLine { return .restartLine }
        var count = bytes.count
        if limit > 0, size + count > limit, !endsMidLine {
            count = wholeLines(in: bytes, upTo: limit - size)
            if count == 0 {
                if size > 0, let problem = rotate() { return .failed(problem) }
                count = max(wholeLines(in: bytes, upTo: limit), firstLine(of: bytes))
            }
        }
        return append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }

    private func append(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        guard count >= 0 else { return errno == EINTR ? .wrote(0) : .failed(errno) }
        size += count
        if count > 0 { endsMidLine = bytes[count - 1] != 0x0a }
        return .wrote(count)
    }

    /// Length of the whole lines at the start of `bytes` that fit in `room` bytes.
    private func wholeLines(in bytes: UnsafeRawBufferPointer, upTo room: Int) -> Int {
        bytes.prefix(max(room, 0)).lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    }

    private func firstLine(of bytes: UnsafeRawBufferPointer) -> Int {
        bytes.firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count
    }

    /// Sees to it that the open file is the one at the path; an `errno` if there can't be one.
    private func prepare() -> Int32? {
        let now = monotonicMicroseconds()
        if descriptor >= 0, now < nextCheck { return nil }
        nextCheck = now + checkInterval
        if descriptor >= 0, isCurrent() { return nil }
        return reopen()
    }

    private func isCurrent() -> Bool {
        var status = stat()
        guard stat(name, &status) == 0 else { return false }
        return identity == (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    private func reopen() -> Int32? {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
        var fresh = open(name, flags, 0o640)
        if fresh < 0, errno == ENOENT, makeFolder() { fresh = open(name, flags, 0o640) }
        guard fresh >= 0 else { return errno }
        if descriptor >= 0 { close(descriptor) }
        descriptor = fresh
        var status = stat()
        fstat(fresh, &status)
        size = Int(status.st_size)
        identity = (UInt64(status.st_dev), UInt64(status.st_ino))
        endsMidLine = false
        endTornLine()
        return nil
    }

    /// Ends a line that an earlier process left without its line feed, so that ours is whole.
    private func endTornLine() {
        guard size > 0 else { return }
        let reader = open(name, O_RDONLY | O_CLOEXEC)
        guard reader >= 0 else { return }
        defer { close(reader) }
        var last: UInt8 = 0x0a
        guard pread(reader, &last, 1, off_t(size - 1)) == 1, last != 0x0a else { return }
        var feed: UInt8 = 0x0a
        if Glibc.write(descriptor, &feed, 1) == 1 { size += 1 }
    }

    /// Makes the folder that the file lies in, if only that one is missing.
    private func makeFolder() -> Bool {
        guard let slash = name.lastIndex(of: "/"), slash != name.startIndex else { return false }
        return mkdir(String(name[..<slash]), 0o750) == 0
    }

    /// Renames the file to `.1` and the older ones up by one, and opens a new one.
    private func rotate() -> Int32? {
        // Another process that writes here may have rotated already.
        guard isCurrent() else { return reopen() }
        if keep == 0 {
            guard unlink(name) == 0 else { return errno }
            return reopen()
        }
        for number in stride(from: keep - 1, through: 1, by: -1) {
            rename("\(name).\(number)", "\(name).\(number + 1)")
        }
        guard rename(name, "\(name).1") == 0 else { return errno }
        return reopen()
    }
}

/// Microseconds of a clock that only goes forward.
func monotonicMicroseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}
