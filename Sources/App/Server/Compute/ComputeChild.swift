import CLinux
import Foundation
import Glibc
import Synchronization

/// A computation in a process of its own: a kernel is native code that may crash or never end, and takes nothing with it
/// but the child. A thread starts it, reads what it tells, kills its group at the deadline or on `cancel`, and reaps it.
package final class ComputeChild: Sendable {
    /// Called on the child's thread for each message.
    package typealias Listener = @Sendable (ComputeMessage) -> Void

    private let limits: ComputeLimits
    private let onMessage: Listener
    private let onStart: @Sendable (pid_t) -> Void
    /// Added to the child's environment.
    private let environment: [String: String]
    /// Writing to it wakes the thread: cancelled, or to be gone at once.
    private let alarm: (read: Int32, write: Int32)
    private let lostCard = Mutex(false)
    private var isCardLost: Bool { lostCard.withLock { $0 } }

    private init(
        limits: ComputeLimits, environment: [String: String], onStart: @escaping @Sendable (pid_t) -> Void,
        onMessage: @escaping Listener
    ) {
        self.limits = limits
        self.environment = environment
        self.onStart = onStart
        self.onMessage = onMessage
        var ends: [Int32] = [-1, -1]
        _ = clinux_pipe(&ends)
        alarm = (ends[0], ends[1])
    }

    deinit {
        close(alarm.read)
        close(alarm.write)
    }

    /// Starts a child; `onEnd` is called once, after the last message, when it is gone with all that it started.
    package static func start(
        _ task: ComputeTask, request: [UInt8], limits: ComputeLimits, environment: [String: String] = [:],
        onStart: @escaping @Sendable (pid_t) -> Void = { _ in }, onMessage: @escaping Listener,
        onEnd: @escaping @Sendable (ComputeEnding) -> Void
    ) -> ComputeChild {
        let child = ComputeChild(limits: limits, environment: environment, onStart: onStart, onMessage: onMessage)
        // The child dies with the thread that started it; so that thread stays until it is reaped.
        Thread.detachNewThread { onEnd(child.run(task, request)) }
        return child
    }

    /// The same for one who waits; cancelling the task kills the child.
    package static func run(
        _ task: ComputeTask, request: [UInt8], limits: ComputeLimits, onMessage: @escaping Listener
    ) async -> ComputeEnding {
        let started = Mutex<ComputeChild?>(nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                started.withLock {
                    $0 = start(task, request: request, limits: limits, onMessage: onMessage) {
                        continuation.resume(returning: $0)
                    }
                }
                if Task.isCancelled { started.withLock { $0?.cancel() } }
            }
        } onCancel: {
            started.withLock { $0?.cancel() }
        }
    }

    /// Whether it is asked to end before it is ended, and what it has done can be gone on with.
    package var isResumable: Bool { limits.grace > 0 }

    /// Ends it, because nobody waits for it or because the server stops. May be called from any thread, more than once,
    /// after its end too.
    package func cancel(_ cause: ComputeEnding.Cause = .cancelled) {
        _ = write(alarm.write, [cause == .stopping ? 2 : 1], 1)
    }

    /// Kills it at once: its GPU may be somebody else's. May be called from any thread.
    func loseCard() {
        lostCard.withLock { $0 = true }
        cancel()
    }

    // MARK: The child's thread

    private func run(_ task: ComputeTask, _ request: [UInt8]) -> ComputeEnding {
        var ending = ComputeEnding(task, limits: limits)
        var pipes: [Pipe] = []
        for _ in 0..<3 {
            guard let pipe = Pipe() else {
                for pipe in pipes { pipe.closeBoth() }
                return ending.after(.unstarted(String(cString: strerror(errno))))
            }
            pipes.append(pipe)
        }
        defer { for pipe in pipes { pipe.closeRead() } }
        let started = ComputeSpawn.start(
            task, request: request, memory: limits.memory, adding: environment, ends: pipes.map(\.write))
        for pipe in pipes { pipe.closeWrite() }
        switch started {
        case .failure(let reason): return ending.after(.unstarted(reason.text))
        case .success(let pid):
            onStart(pid)
            let cause = follow(pid, pipes.map(\.read), &ending)
            return ending.after(cause)
        }
    }

    /// Reads until the child has ended or must; then nothing of its group is left.
    private func follow(_ pid: pid_t, _ sources: [Int32], _ ending: inout ComputeEnding) -> ComputeEnding.Cause {
        let clock = ContinuousClock()
        var end = clock.now + .seconds(limits.start)
        var lines = LineBuffer()
        var open = sources.map { $0 as Int32? }
        var forced: ComputeEnding.Cause?
        while !Self.hasEnded(pid), !isCardLost {
            let left = (end - clock.now) / .milliseconds(1)
            if left <= 0 {
                guard forced == nil, limits.grace > 0 else {
                    forced = forced ?? .deadline
                    break
                }
                (forced, end) = (.deadline, clock.now + .seconds(limits.grace))
                kill(pid, SIGTERM)
                continue
            }
            var polled = (open + [forced == nil ? alarm.read : nil]).map {
                pollfd(fd: $0 ?? -1, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&polled, nfds_t(polled.count), Int32(min(left.rounded(.up), 50))) > 0 else { continue }
            if polled[3].revents != 0, forced == nil, !isCardLost {
                (forced, end) = (heard(), clock.now + .seconds(limits.grace))
                if limits.grace > 0 { kill(pid, SIGTERM) }
            }
            for index in 0..<3 where polled[index].revents != 0 {
                if !read(index, &open, &lines, &ending) { continue }
                if index == 0, lines.take({ deliver($0, &ending) }), forced == nil {
                    end = clock.now + .seconds(limits.run)
                }
            }
        }
        let own = Self.reap(pid)
        for index in 0..<3 { while read(index, &open, &lines, &ending) {} }
        _ = lines.take { deliver($0, &ending) }
        return isCardLost ? .cardLost : forced ?? own
    }

    /// Kills what is left of the child's group: until it is reaped the number is still the child's alone.
    private static func reap(_ pid: pid_t) -> ComputeEnding.Cause {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
    }

    /// Why the alarm rang.
    private func heard() -> ComputeEnding.Cause {
        var word: UInt8 = 1
        _ = Glibc.read(alarm.read, &word, 1)
        return word == 2 ? .stopping : .cancelled
    }

    /// Hands a message on; true if from here on the run's deadline counts.
    private func deliver(_ line: ArraySlice<UInt8>, _ ending: inout ComputeEnding) -> Bool {
        guard let message = ComputeMessage(line: line) else { return false }
        ending.note(message)
        onMessage(message)
        return message.name == "running"
    }

    /// Reads once from one of the pipes (messages, standard output, standard error); false at its end or when it is empty.
    private func read(
        _ index: Int, _ open: inout [Int32?], _ lines: inout LineBuffer, _ ending: inout ComputeEnding
    ) -> Bool {
        guard let descriptor = open[index] else { return false }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return errno == EINTR }
        guard count > 0 else {
            open[index] = nil
            return false
        }
        switch index {
        case 0: lines.append(bytes[..<count])
        case 1: ending.keep(printed: bytes[..<count])
        default: ending.keep(errors: bytes[..<count])
        }
        return true
    }

    private static func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 else { return errno != EINTR }
        return info.si_signo != 0
    }
}

/// A pipe whose read end doesn't block.
private final class Pipe {
    let read: Int32
    let write: Int32

    init?() {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends) == 0 else { return nil }
        (read, write) = (ends[0], ends[1])
        _ = fcntl(read, F_SETFL, O_NONBLOCK)
    }

    func closeRead() { close(read) }
    func closeWrite() { close(write) }
    func closeBoth() {
        closeRead()
        closeWrite()
    }
}

/// Bytes that become lines.
private struct LineBuffer {
    private var bytes: [UInt8] = []

    mutating func append(_ more: ArraySlice<UInt8>) { bytes += more }

    /// Hands out every whole line; true if `body` was for any.
    mutating func take(_ body: (ArraySlice<UInt8>) -> Bool) -> Bool {
        var isAny = false
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            isAny = body(bytes[start..<end]) || isAny
            start = end + 1
        }
        bytes.removeFirst(start)
        return isAny
    }
}
