import CLinux
import Foundation
import Glibc
package import Logging
package import NIOCore

/// What the zygote is started with.
package struct ZygoteSettings: Sendable {
    /// The Python interpreter: a path.
    package var python: String
    /// The folder that holds the package `steward_worker`.
    package var library: String
    /// Signs Flask sessions; the same for all workers, 32 bytes as hex digits.
    package var sessionSecret: String
    /// Steward's version, for the log.
    package var version: String

    /// Settings of a zygote; `library` is the folder that holds the package `steward_worker`.
    package init(python: String, library: String, sessionSecret: String, version: String) {
        self.python = python
        self.library = library
        self.sessionSecret = sessionSecret
        self.version = version
    }
}

/// The warmed Python process that workers are forked from: started when the server starts, and again
/// whenever it dies. Confined to its event loop; one thread reads its control socket.
package final class Zygote: @unchecked Sendable {
    /// What the zygote said of itself once it was warm.
    package struct Interpreter: Codable, Sendable {
        /// Python's version, "3.11.2".
        package var python: String
        /// Flask's version, "3.1.3".
        package var flask: String
        /// Path of the interpreter.
        package var executable: String
    }

    /// The fate of one worker that was asked for.
    enum Event {
        case forked(pid: Int32)
        case exited(pid: Int32, status: Int32)
        case failed(String)
    }

    private struct Request {
        var message: ForkMessage
        var descriptors: [Int32]
    }

    package let loop: any EventLoop
    private let settings: ZygoteSettings
    private let logger: Logger
    private var socket: Int32 = -1
    private var pid: Int32 = 0
    private var generation = 0
    private var isStopped = false
    private var backoff = TimeAmount.milliseconds(100)
    private var listening = 0
    private var whenStopped: EventLoopPromise<Void>?
    private var nextWorker = 1
    private var listeners: [Int: (Event) -> Void] = [:]
    private var waiting: [Request] = []
    /// Set while it can fork.
    package private(set) var interpreter: Interpreter?
    /// Why it can't be started, in a sentence; nil once it runs.
    package private(set) var failure: String?
    /// How often it had to be started again.
    package private(set) var restarts = 0
    /// Called on the loop each time it becomes ready.
    package var onReady: ((Interpreter) -> Void)?
    /// Called on the loop for each line that the zygote prints.
    package var onOutput: ((String) -> Void)?

    /// A zygote that `start()` brings up on `loop`.
    package init(settings: ZygoteSettings, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        self.loop = loop
        self.logger = logger
    }

    /// Spawns the process. Failures are logged, kept in `failure` and tried again with growing pauses.
    package func start() {
        loop.preconditionInEventLoop()
        guard !isStopped else { return }
        do { try spawn() } catch {
            failure = error.detail
            logger.error("\(error.detail)", metadata: ["event": "zygote-failed"])
            retry()
        }
    }

    /// Ends the process; nothing is started again. The future completes when nothing of it is left.
    package func stop() -> EventLoopFuture<Void> {
        isStopped = true
        interpreter = nil
        let stopped = loop.makePromise(of: Void.self)
        whenStopped = stopped
        if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
        if listening == 0 { stopped.succeed() }
        return stopped.futureResult
    }

    private func endedListening() {
        listening -= 1
        if listening == 0 { whenStopped?.succeed() }
    }

    /// Asks for one worker; `listener` hears of it on the loop. The descriptors are closed here in any case.
    func fork(zone: ForkMessage.Zone, nice: Int, descriptors: [Int32], listener: @escaping (Event) -> Void) {
        let id = nextWorker
        nextWorker += 1
        listeners[id] = listener
        let request = Request(message: ForkMessage(worker: id, zone: zone, nice: nice), descriptors: descriptors)
        if interpreter == nil { waiting.append(request) } else { send(request) }
    }

    /// The server will never signal this pid again.
    func reap(_ pid: Int32) {
        try? send(ReapMessage(pid: pid), descriptors: [])
    }

    private func spawn() throws(ZygoteFailure) {
        var pair: [Int32] = [-1, -1]
        guard clinux_socketpair(1, &pair) == 0 else { throw ZygoteFailure("No socket pair: \(lastError())") }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        var output: [Int32] = [-1, -1]
        guard null >= 0, clinux_pipe(&output) == 0 else { throw ZygoteFailure("No pipe: \(lastError())") }
        defer { for descriptor in [pair[1], null, output[1]] { close(descriptor) } }
        var child: pid_t = 0
        let map: [Int32] = [null, 0, output[1], 1, output[1], 2, pair[1], 3]
        let error = withCStrings([settings.python, "-m", "steward_worker"]) { arguments in
            withCStrings(environment) { environment in
                clinux_spawn(settings.python, arguments, environment, "/", map, map.count / 2, &child)
            }
        }
        guard error == 0 else {
            close(pair[0])
            close(output[0])
            throw ZygoteFailure(
                "Python can't be started: \(settings.python): \(String(cString: strerror(error))). Set `python` in the settings."
            )
        }
        pid = child
        socket = pair[0]
        generation += 1
        listen(on: pair[0], output: output[0], pid: child, generation: generation)
        try? send(
            ConfigureMessage(sessionSecret: settings.sessionSecret, version: settings.version), descriptors: [])
    }

    private var environment: [String] {
        var result = ["PYTHONPATH=\(settings.library)", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"]
        for name in ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR", "SSL_CERT_FILE"] {
            if let value = getenv(name) { result.append("\(name)=\(String(cString: value))") }
        }
        return result
    }

    private func listen(on socket: Int32, output: Int32, pid: Int32, generation: Int) {
        listening += 2
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = recv(socket, &buffer, buffer.count, 0)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                let message = try? JSONDecoder().decode(ZygoteMessage.self, from: Data(buffer[..<count]))
                if let message { loop.execute { self.received(message) } }
            }
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            loop.execute {
                self.ended(generation)
                self.endedListening()
            }
        }
        Thread.detachNewThread { [self] in
            if let stream = fdopen(output, "r") {
                while let line = readLine(from: stream) { loop.execute { self.onOutput?(line) } }
                fclose(stream)
            }
            loop.execute { self.endedListening() }
        }
    }

    private func received(_ message: ZygoteMessage) {
        switch message.op {
        case "ready":
            let interpreter = Interpreter(
                python: message.python ?? "", flask: message.flask ?? "", executable: message.executable ?? "")
            self.interpreter = interpreter
            failure = nil
            backoff = .milliseconds(100)
            let requests = waiting
            waiting = []
            for request in requests { send(request) }
            onReady?(interpreter)
        case "forked": tell(message.worker, .forked(pid: message.pid ?? 0))
        case "exited":
            tell(message.worker, .exited(pid: message.pid ?? 0, status: message.status ?? 0))
            if let worker = message.worker { listeners[worker] = nil }
        case "failed":
            tell(message.worker, .failed(message.message ?? "fork failed"))
            if let worker = message.worker { listeners[worker] = nil }
        default: logger.warning("The zygote sent an unknown message: \(message.op)")
        }
    }

    private func tell(_ worker: Int?, _ event: Event) {
        if let worker, let listener = listeners[worker] { listener(event) }
    }

    /// The process is over: workers that it forked live on as orphans and finish; they can't be watched any more,
    /// so their pools see them go by their sockets.
    private func ended(_ generation: Int) {
        guard generation == self.generation else { return }
        close(socket)
        socket = -1
        let wasReady = interpreter != nil
        interpreter = nil
        let orphans = listeners
        listeners = [:]
        for request in waiting { for descriptor in request.descriptors { close(descriptor) } }
        waiting = []
        for listener in orphans.values { listener(.failed("the zygote ended")) }
        guard !isStopped else { return }
        failure =
            failure ?? "The Python zygote ended; the log has what it printed. `steward check` looks for the cause."
        logger.error("\(failure!)", metadata: ["event": "zygote-ended", "was_ready": "\(wasReady)"])
        retry()
    }

    private func retry() {
        restarts += 1
        loop.scheduleTask(in: backoff) { self.start() }
        backoff = min(backoff * 2, .seconds(5))
    }

    private func send(_ request: Request) {
        do { try send(request.message, descriptors: request.descriptors) } catch {
            let worker = request.message.worker
            loop.execute { self.tell(worker, .failed("\(error)")) }
        }
        for descriptor in request.descriptors { close(descriptor) }
    }

    private func send(_ message: some Encodable, descriptors: [Int32]) throws {
        let bytes = try JSONEncoder().encode(message)
        let sent = bytes.withUnsafeBytes {
            clinux_send_descriptors(socket, $0.baseAddress, $0.count, descriptors, descriptors.count)
        }
        guard sent == bytes.count else { throw ZygoteFailure("The zygote can't be reached: \(lastError())") }
    }
}
