import Glibc

/// Questions to a Docker daemon (or Podman, which speaks the same) over its Unix socket: GET alone, one connection each.
package struct DockerSocket: Sendable {
    /// Why there is no answer.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// There is no socket: no Docker here.
        case absent
        /// The socket is there and nobody answers on it.
        case notRunning
        /// This user may not ask.
        case denied
        /// No whole answer came in time.
        case timedOut
        /// The answer is an error's; status and message.
        case refused(Int, String)
        /// The answer can't be read; why.
        case unreadable(String)
        /// A system call failed; its words.
        case system(String)

        package var description: String {
            switch self {
            case .absent: "there is no Docker socket"
            case .notRunning: "the Docker daemon does not run"
            case .denied: "permission denied: run Steward as root or in the group docker"
            case .timedOut: "the Docker daemon did not answer in time"
            case .refused(let status, let message): "the Docker daemon answered \(status): \(message)"
            case .unreadable(let reason): "the Docker daemon's answer can't be read: \(reason)"
            case .system(let words): words
            }
        }
    }

    /// The socket's path.
    package let path: String
    private let timeout: Duration

    /// The socket at `path`; each question has `timeout` from the connection to the last byte.
    package init(path: String = "/var/run/docker.sock", timeout: Duration = .seconds(5)) {
        self.path = path
        self.timeout = timeout
    }

    /// The body of the answer to `GET target`.
    package func get(_ target: String) throws(Failure) -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        let descriptor = try connect(deadline)
        defer { close(descriptor) }
        // HTTP/1.1 for chunked bodies; the host's name means nothing on this socket.
        let request = "GET \(target) HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nAccept: application/json\r\n\r\n"
        try send(Array(request.utf8), descriptor, deadline)
        let answer = try receive(descriptor, deadline)
        guard answer.status == 200 else {
            throw .refused(answer.status, FileName.shown(answer.body.prefix(300)))
        }
        return answer.body
    }

    // MARK: - The socket

    private func connect(_ deadline: ContinuousClock.Instant) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // sun_path holds 108 bytes with the final NUL (unix(7)).
        guard path.utf8.count < 108 else { throw .system("the path \(path) is too long for a socket") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(SystemError.last.text) }
        while true {
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return descriptor }
            let error = SystemError.last
            // A full queue of a Unix socket is EAGAIN, and there is nothing to wait on but time.
            if error.number == EAGAIN, ContinuousClock.now < deadline {
                usleep(10_000)
                continue
            }
            if error.number == EINTR { continue }
            close(descriptor)
            switch error.number {
            case ENOENT, ENOTDIR: throw .absent
            case ECONNREFUSED: throw .notRunning
            case EACCES, EPERM: throw .denied
            case EAGAIN: throw .timedOut
            default: throw .system(error.text)
            }
        }
    }

    private func wait(_ descriptor: Int32, _ events: Int32, _ deadline: ContinuousClock.Instant) throws(Failure) {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .timedOut }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let (seconds, fraction) = left.components
            let milliseconds = seconds * 1000 + fraction / 1_000_000_000_000_000 + 1
            let result = poll(&entry, 1, Int32(clamping: milliseconds))
            if result > 0 { return }
            if result < 0, errno != EINTR { throw .system(SystemError.last.text) }
        }
    }

    private func send(_ bytes: [UInt8], _ descriptor: Int32, _ deadline: ContinuousClock.Instant) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            try wait(descriptor, Int32(POLLOUT), deadline)
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno != EAGAIN, errno != EINTR { throw .system(SystemError.last.text) }
            sent += max(0, count)
        }
    }

    private func receive(_ descriptor: Int32, _ deadline: ContinuousClock.Instant) throws(Failure) -> DockerAnswer {
        var answer = DockerAnswer()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !answer.isComplete {
            try wait(descriptor, Int32(POLLIN), deadline)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            if count < 0 { throw .system(SystemError.last.text) }
            do throws(DockerAnswer.Failure) {
                if count == 0 { try answer.end() } else { try answer.receive(buffer[..<count]) }
            } catch {
                switch error {
                case .malformed(let reason): throw .unreadable(reason)
                case .tooLarge: throw .unreadable("it is larger than 64 MiB")
                }
            }
        }
        return answer
    }
}
