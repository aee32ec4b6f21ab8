import Glibc

/// What became of an attempt to write.
enum WriteOutcome: Equatable {
    /// This many bytes were taken.
    case wrote(Int)
    /// The file is a new one and the last line was cut: write that line again from its start.
    case restartLine
    /// Not now, because of this `errno`; later it may work.
    case failed(Int32)
    /// Never again: nobody reads the other end.
    case gone
}

/// Where a destination's bytes go. Used by one thread only.
protocol LogOutput: AnyObject {
    /// Path or name for messages.
    var name: String { get }
    /// Tries to write some of `bytes`, which begin wherever the last write ended.
    func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome
}

/// An open descriptor that is written as it is: standard output.
final class DescriptorOutput: LogOutput {
    let name: String
    private let descriptor: Int32

    /// Writes to `descriptor`, which stays the caller's.
    init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        if count >= 0 { return .wrote(count) }
        switch errno {
        case EINTR: return .wrote(0)
        case EAGAIN:
            // Somebody made the shared description non-blocking; wait for room as a blocking one would.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, 100)
            return .wrote(0)
        case EPIPE, EBADF: return .gone
        default: return .failed(errno)
        }
    }
}
