import Glibc

/// What a look at something in /proc finds. That it can't be told is not that it is gone.
enum ProcLook<Value> {
    case there(Value)
    /// There is no such process (any more): ENOENT, ESRCH.
    case gone
    /// This user may not look: EACCES, EPERM.
    case closed
    /// It can't be told now, with the errno value: no descriptor or memory is left, for example.
    case unknown(Int32)

    /// Of an errno value.
    init(failure code: Int32) {
        switch code {
        case ENOENT, ESRCH: self = .gone
        case EACCES, EPERM: self = .closed
        default: self = .unknown(code)
        }
    }
}

/// Files of /proc.
enum ProcFile {
    /// Far more than any of them holds: an environment has 6 MiB at most (execve(2)).
    private static let limit = 16 << 20

    /// What `body` makes of the bytes of the file at `path`.
    static func read<Value>(_ path: String, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> ProcLook<Value> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return ProcLook(failure: errno) }
        defer { close(descriptor) }
        var room = 16 << 10
        while true {
            let result = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { buffer -> ProcLook<Value>? in
                var filled = 0
                while filled < room {
                    let count = Glibc.read(descriptor, buffer.baseAddress! + filled, room - filled)
                    if count < 0, errno == EINTR { continue }
                    if count < 0 { return ProcLook(failure: errno) }
                    if count == 0 {
                        return .there(body(UnsafeBufferPointer(start: buffer.baseAddress, count: filled)))
                    }
                    filled += count
                }
                return nil
            }
            if let result { return result }
            guard room < limit else { return .unknown(EFBIG) }
            guard lseek(descriptor, 0, SEEK_SET) == 0 else { return .unknown(errno) }
            room *= 16
        }
    }

    /// The numbers that name entries of the folder at `path`: processes, or threads of one.
    static func numbers(in path: String) -> ProcLook<[Int32]> {
        guard let folder = opendir(path) else { return ProcLook(failure: errno) }
        defer { closedir(folder) }
        var found: [Int32] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                return errno == 0 ? .there(found) : ProcLook(failure: errno)
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int32(name) { found.append(number) }
        }
    }
}
