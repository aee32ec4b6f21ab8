internal import CLinux
import Glibc
internal import NIOCore
internal import NIOPosix
import Synchronization

/// Where answers wait for slow clients: one file without a name, so that nothing of it outlives the process, and a thousand
/// answers need one descriptor. Each has a region of its own; what is no longer needed becomes a hole.
final class AnswerStore: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        /// Where the next region begins. Never goes back while a region is in use.
        var end = 0
        var kept = 0
        var regions: UInt64 = 0
        var failure: SpoolFailure?
        /// Bytes that left memory since freed memory went back to the system.
        var moved = 0
    }

    private let folder: String
    private let threads: NIOThreadPool
    private let state = Mutex(State())
    /// Holes are of whole blocks.
    private static let block = 4096

    init(folder: String, threads: NIOThreadPool) {
        self.folder = folder
        self.threads = threads
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Bytes that wait in the file.
    var kept: Int { state.withLock { $0.kept } }

    /// What moved to the file leaves room between what stays in memory; the system gets it back. Call it from time to time.
    func trim() {
        let isDue = state.withLock { state in
            defer { if state.moved >= Self.muchMoved { state.moved = 0 } }
            return state.moved >= Self.muchMoved
        }
        if isDue { threads.submit { _ in clinux_trim_memory() } }
    }

    /// Less than this may stay.
    private static let muchMoved = 16 << 20

    /// Why something could not be kept since the last look.
    func takeFailure() -> SpoolFailure? { state.withLock { $0.failure.take() } }

    /// Writes `bytes` on a thread of its own; fails where the disk does.
    func keep(_ bytes: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<StoredAnswer> {
        threads.runIfActive(eventLoop: loop) {
            do {
                let answer = try self.allocate(bytes.readableBytes)
                try bytes.withUnsafeReadableBytes { try Self.write($0, to: answer.descriptor, at: answer.offset) }
                self.state.withLock { $0.moved += bytes.readableBytes }
                return answer
            } catch {
                self.state.withLock { $0.failure = error as? SpoolFailure }
                throw error
            }
        }
    }

    /// Reads `count` bytes from `index` on of what is kept, on a thread of its own.
    func read(_ answer: StoredAnswer, from index: Int, count: Int, on loop: any EventLoop) -> EventLoopFuture<
        ByteBuffer
    > {
        threads.runIfActive(eventLoop: loop) {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            var rest = count
            while rest > 0 {
                let place = answer.offset + index + count - rest
                let found = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: rest) { room in
                    max(0, pread(answer.descriptor, room.baseAddress, rest, place))
                }
                guard found > 0 else {
                    throw SpoolFailure(detail: "An answer can't be read again: \(String(cString: strerror(errno)))")
                }
                rest -= found
            }
            return buffer
        }
    }

    private func allocate(_ length: Int) throws -> StoredAnswer {
        try state.withLock { state in
            if state.descriptor < 0 { state.descriptor = try Self.open(folder) }
            let place = state.end
            let room = (length + Self.block - 1) / Self.block * Self.block
            state.end += room
            state.kept += room
            state.regions += 1
            return StoredAnswer(
                store: self, descriptor: state.descriptor, offset: place, room: room, number: state.regions)
        }
    }

    /// Punches first and forgets after: a region that is counted is never another's.
    fileprivate func release(_ descriptor: Int32, _ offset: Int, _ room: Int) {
        threads.submit { status in
            guard status == .active else { return }
            _ = clinux_punch_hole(descriptor, Int64(offset), Int64(room))
            self.state.withLock { state in
                state.kept -= room
                guard state.kept == 0 else { return }
                ftruncate(descriptor, 0)
                state.end = 0
            }
        }
    }

    private static func open(_ folder: String) throws -> Int32 {
        let descriptor = clinux_unnamed_file(folder)
        guard descriptor >= 0 else {
            throw SpoolFailure(detail: "No file in \(folder) for answers: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw SpoolFailure(detail: "An answer can't be kept: \(String(cString: strerror(errno)))")
            }
            done += count
        }
    }
}

/// A region of the store; free again when nobody holds it.
final class StoredAnswer: Sendable {
    private let store: AnswerStore
    fileprivate let descriptor: Int32
    fileprivate let offset: Int
    /// Bytes that it takes on the disk.
    let room: Int
    /// Grows: what waits longest has the least.
    let number: UInt64

    fileprivate init(store: AnswerStore, descriptor: Int32, offset: Int, room: Int, number: UInt64) {
        self.store = store
        self.descriptor = descriptor
        self.offset = offset
        self.room = room
        self.number = number
    }

    deinit { store.release(descriptor, offset, room) }
}
