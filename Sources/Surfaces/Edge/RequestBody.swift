import Glibc
package import NIOCore
internal import NIOPosix

/// A request's body, received whole.
package enum RequestBody: Sendable {
    /// Small: in memory.
    case memory(ByteBuffer)
    /// Large: in a file that is deleted when the exchange ends.
    case file(path: String, length: Int)

    /// Its bytes.
    package var length: Int {
        switch self {
        case .memory(let buffer): buffer.readableBytes
        case .file(_, let length): length
        }
    }
}

/// Gathers a body: in memory up to a threshold, then in a file written by a thread of its own.
/// Confined to the connection's event loop.
final class BodyReceiver {
    let limit: Int
    private let threshold: Int
    private let folder: String
    /// Whether the folder's group may read the file.
    private let isShared: Bool
    private let threads: NIOThreadPool
    private let loop: any EventLoop
    private var memory = ByteBuffer()
    private var descriptor: Int32 = -1
    private var tail: EventLoopFuture<Void>?
    private(set) var path: String?
    private(set) var length = 0
    /// Bytes handed to the thread and not written yet.
    private(set) var unwritten = 0
    var onDrained: (() -> Void)?

    init(
        limit: Int, threshold: Int, folder: String, isShared: Bool, threads: NIOThreadPool, loop: any EventLoop
    ) {
        self.limit = limit
        self.threshold = threshold
        self.folder = folder
        self.isShared = isShared
        self.threads = threads
        self.loop = loop
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if let path { unlink(path) }
    }

    /// Takes the next bytes. Returns false when the body is over its limit.
    func append(_ bytes: ByteBuffer) throws(SpoolFailure) -> Bool {
        length += bytes.readableBytes
        guard length <= limit else { return false }
        if descriptor < 0 {
            if memory.readableBytes == 0 { memory = bytes } else { memory.writeImmutableBuffer(bytes) }
            guard memory.readableBytes > threshold else { return true }
            try open()
            let start = memory
            memory = ByteBuffer()
            spool(start)
        } else {
            spool(bytes)
        }
        return true
    }

    /// The whole body, once everything is written.
    func finish(_ completion: @escaping (Result<RequestBody, SpoolFailure>) -> Void) {
        guard let path, let tail else { return completion(.success(.memory(memory))) }
        let length = self.length
        tail.assumeIsolated().whenComplete { result in
            switch result {
            case .success: completion(.success(.file(path: path, length: length)))
            case .failure(let error): completion(.failure(SpoolFailure(detail: "\(error)")))
            }
        }
    }

    private func open() throws(SpoolFailure) {
        var template = Array((folder + "/body-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        let failure = {
            SpoolFailure(detail: "No file in \(self.folder) for a request body: \(String(cString: strerror(errno)))")
        }
        guard descriptor >= 0 else { throw failure() }
        // Before what may fail: with its path known, the file goes with this object.
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, !isShared || fchmod(descriptor, 0o640) == 0 else {
            throw failure()
        }
    }

    private func spool(_ bytes: ByteBuffer) {
        let descriptor = self.descriptor
        let count = bytes.readableBytes
        unwritten += count
        let before = tail ?? loop.makeSucceededVoidFuture()
        let threads = self.threads
        let loop = self.loop
        let after = before.flatMap {
            threads.runIfActive(eventLoop: loop) { try SpoolFailure.writeAll(bytes, to: descriptor) }
        }
        after.assumeIsolated().whenComplete { _ in
            self.unwritten -= count
            self.onDrained?()
        }
        tail = after
    }
}

/// The body could not be kept.
struct SpoolFailure: Error, CustomStringConvertible {
    let detail: String
    var description: String { detail }

    static func writeAll(_ bytes: ByteBuffer, to descriptor: Int32) throws {
        try bytes.withUnsafeReadableBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw SpoolFailure(detail: "A request body can't be written: \(String(cString: strerror(errno)))")
                }
                rest = rest.dropFirst(count)
            }
        }
    }
}
