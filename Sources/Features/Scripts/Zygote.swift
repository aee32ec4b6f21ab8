import Dispatch
import Foundation
import Glibc
package import Logging
package import NIOCore
internal import StewardSandbox

/// The warmed Python process of one zone, from which its workers are forked: started when the server starts, again
/// whenever it dies, and anew when what confines it has changed. Confined to its event loop.
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
        case forked(worker: Int, pid: Int32)
        case exited(worker: Int, status: Int32)
        case failed(String)
    }

    private struct Request {
        var message: ForkMessage
        var descriptors: [Int32]
    }

    private struct Listener {
        var session: ZygoteSession
        /// The worker's pid as the zygote has it, which is another than the server's where it has a process table of its own.
        var pid: Int32 = 0
        var tell: (Event) -> Void
    }

    /// Processes that the kernel ended for want of memory in the zone's control group, as last seen.
    private var memoryKills = 0

    /// Failures in a row after which calls don't wait for it any more.
    private static let patience = 3

    package let loop: any EventLoop
    /// Prefix of its zone.
    package let zone: String
    private let settings: ZygoteSettings
    private let logger: Logger
    private var session: ZygoteSession?
    private var places: ReachedPlaces?
    /// Those that were replaced and whose workers still run, and those that end.
    private var earlier: [ZygoteSession] = []
    private var isStarted = false
    private var isStopped = false
    private var failures = 0
    /// The last that the process printed, which for a Python that ends is the error.
    private var lastLine: String?
    private var backoff = TimeAmount.milliseconds(100)
    private var whenStopped: EventLoopPromise<Void>?
    private var nextWorker = 1
    private var listeners: [Int: Listener] = [:]
    private var waiting: [(request: Request, tell: (Event) -> Void)] = []
    /// Set while it can fork.
    package private(set) var interpreter: Interpreter?
    /// Why it can't be started, in a sentence; nil once it runs.
    package private(set) var failure: String?
    /// How often it had to be started again.
    package private(set) var restarts = 0
    /// Called on the loop each time it becomes ready.
    package var onReady: ((Interpreter) -> Void)?
    /// Called on the loop each time it becomes ready (nil) or could not be started or ended (why).
    package var onSettled: ((String?) -> Void)?
    /// Called on the loop for each line that the zygote prints.
    package var onOutput: ((String) -> Void)?

    /// A zygote that `start()` brings up on `loop`.
    package init(settings: ZygoteSettings, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        self.loop = loop
        self.logger = logger
        zone = settings.zone
    }

    /// Whether `start()` was called: a zone without scripts needs none.
    package var isWanted: Bool { isStarted }

    /// Why calls shouldn't wait for it; nil while it runs or may soon.
    var hopeless: String? { interpreter == nil && failures >= Self.patience ? failure : nil }

    /// Spawns the process. Failures are logged, kept in `failure` and tried again with growing pauses.
    package func start() {
        loop.preconditionInEventLoop()
        guard !isStopped else { return }
        isStarted = true
        do throws(ZygoteFailure) {
            let confinement = try settings.confinement?()
            places = confinement.map { ReachedPlaces($0.paths, families: $0.families) }
            let session = try ZygoteSession(settings, confinement: confinement, loop: loop) {
                [self] session, event in heard(event, from: session)
            }
            self.session = session
            try? session.send(
                ConfigureMessage(
                    sessions: settings.sessions, version: settings.version, layer: confinement?.layer))
        } catch {
            session = nil
            failed("\(error.detail)")
        }
    }

    /// Starts another one in its place, with what confines it made anew. Workers of the old one finish what they run; those
    /// that are being forked fail, for the pool to ask again.
    package func renew() {
        loop.preconditionInEventLoop()
        guard isStarted, !isStopped, let old = session else { return }
        interpreter = nil
        session = nil
        retire(old)
        start()
    }

    /// Calls `changed` if other files stand where those stood that the processes may reach. Looks on another thread.
    func lookForChanges(_ changed: @escaping () -> Void) {
        guard let places, interpreter != nil else { return }
        let answer = NIOLoopBound(changed, eventLoop: loop)
        ReachedPlaces.queue.async { [loop] in
            let isSame = places.isCurrent
            guard !isSame else { return }
            loop.execute { if self.places == places { answer.value() } }
        }
    }

    /// Ends the process and its workers; nothing is started again. The future completes when nothing of it is left.
    package func stop() -> EventLoopFuture<Void> {
        if let whenStopped { return whenStopped.futureResult }
        isStopped = true
        interpreter = nil
        let stopped = loop.makePromise(of: Void.self)
        whenStopped = stopped
        if let session { earlier.append(session) }
        session = nil
        for session in earlier { session.kill() }
        if earlier.isEmpty { stopped.succeed() }
        if let cgroup = settings.cgroup { stopped.futureResult.whenComplete { _ in Self.remove(cgroup) } }
        return stopped.futureResult
    }

    /// The kernel may be busy with its last process for a moment yet.
    private static func remove(_ cgroup: ZoneCgroup) {
        guard !cgroup.remove() else { return }
        Thread.detachNewThread {
            for _ in 0..<200 where !cgroup.remove() { usleep(10_000) }
        }
    }

    /// Whether the kernel has ended a process of the zone for want of memory since this was last asked.
    func hasLostForMemory() -> Bool {
        let kills = settings.cgroup?.memoryKills ?? 0
        defer { memoryKills = kills }
        return kills > memoryKills
    }

    /// Asks for one worker; `listener` hears of it on the loop. The descriptors are closed here in any case.
    func fork(
        zone: ForkMessage.Zone, nice: Int, scratch: String?, devices: [String], descriptors: [Int32],
        listener: @escaping (Event) -> Void
    ) {
        let message = ForkMessage(worker: nextWorker, zone: zone, nice: nice, scratch: scratch, devices: devices)
        nextWorker += 1
        let request = Request(message: message, descriptors: descriptors)
        if let session, interpreter != nil {
            send(request, to: session, listener: listener)
        } else {
            waiting.append((request, listener))
        }
    }

    /// The server will never signal this worker's pid again.
    func reap(_ worker: Int) {
        guard let listener = listeners.removeValue(forKey: worker) else { return }
        try? listener.session.send(ReapMessage(pid: listener.pid))
        listener.session.sweep()
        listener.session.workers.remove(worker)
        leaveIfDone(listener.session)
    }

    private func heard(_ event: ZygoteSession.Event, from session: ZygoteSession) {
        switch event {
        case .message(let message, let sender): received(message, by: sender, from: session)
        case .output(let line):
            if session === self.session || self.session == nil { lastLine = line }
            onOutput?(line)
        case .ended: ended(session)
        case .over:
            earlier.removeAll { $0 === session }
            if isStopped, earlier.isEmpty { whenStopped?.succeed() }
        }
    }

    private func received(_ message: ZygoteMessage, by sender: Int32, from session: ZygoteSession) {
        switch message.op {
        case "ready" where session === self.session:
            let interpreter = Interpreter(
                python: message.python ?? "", flask: message.flask ?? "", executable: message.executable ?? "")
            self.interpreter = interpreter
            failure = nil
            failures = 0
            backoff = .milliseconds(100)
            let requests = waiting
            waiting = []
            for (request, listener) in requests { send(request, to: session, listener: listener) }
            onReady?(interpreter)
            onSettled?(nil)
        case "ready": break
        case "forked":
            guard let worker = message.worker, let listener = listeners[worker] else { return }
            listeners[worker]?.pid = message.pid ?? 0
            listener.tell(.forked(worker: worker, pid: sender > 0 ? sender : message.pid ?? 0))
        case "exited":
            guard let worker = message.worker, let listener = listeners[worker] else { return }
            listeners[worker]?.pid = message.pid ?? 0
            listener.tell(.exited(worker: worker, status: message.status ?? 0))
        case "failed":
            guard let worker = message.worker, let listener = listeners.removeValue(forKey: worker) else { return }
            session.workers.remove(worker)
            listener.tell(.failed(message.message ?? "fork failed"))
        default: logger.warning("The zygote sent an unknown message: \(message.op)")
        }
    }

    /// The process is over: workers that it forked live on and finish; they can't be watched any more, so their pools see
    /// them go by their sockets.
    private func ended(_ session: ZygoteSession) {
        let orphans = listeners.filter { $0.value.session === session }
        for worker in orphans.keys { listeners[worker] = nil }
        session.workers = []
        for listener in orphans.values { listener.tell(.failed("the zygote ended")) }
        guard session === self.session else { return }
        self.session = nil
        earlier.append(session)
        let wasReady = interpreter != nil
        interpreter = nil
        dropWaiting()
        guard !isStopped else { return }
        // What it printed last comes over another descriptor.
        loop.scheduleTask(in: .milliseconds(20)) { self.tellEnd(of: session, wasReady: wasReady) }
    }

    private func tellEnd(of session: ZygoteSession, wasReady: Bool) {
        guard !isStopped else { return }
        let said = lastLine.map { "printed last: \($0.prefix(300))" } ?? "printed nothing."
        lastLine = nil
        let reason = session.refusal ?? "The Python zygote ended. `steward check` looks for the cause. It \(said)"
        failed("The scripts of the zone \(zone) can't run: \(reason)", wasReady: wasReady)
    }

    private func failed(_ reason: String, wasReady: Bool = false) {
        failure = reason
        failures += 1
        logger.error(
            "\(reason)",
            metadata: ["event": "zygote-failed", "zone": "\(zone)", "was_ready": "\(wasReady)"])
        onSettled?(reason)
        restarts += 1
        loop.scheduleTask(in: backoff) { if self.session == nil { self.start() } }
        backoff = min(backoff * 2, .seconds(5))
    }

    private func dropWaiting() {
        let requests = waiting
        waiting = []
        for (request, listener) in requests {
            for descriptor in request.descriptors { close(descriptor) }
            listener(.failed("the zygote ended"))
        }
    }

    private func retire(_ session: ZygoteSession) {
        earlier.append(session)
        leaveIfDone(session)
    }

    private func leaveIfDone(_ session: ZygoteSession) {
        if session !== self.session, session.workers.isEmpty { session.leave() }
    }

    private func send(_ request: Request, to session: ZygoteSession, listener: @escaping (Event) -> Void) {
        let worker = request.message.worker
        listeners[worker] = Listener(session: session, tell: listener)
        session.workers.insert(worker)
        do { try session.send(request.message, descriptors: request.descriptors) } catch {
            listeners[worker] = nil
            session.workers.remove(worker)
            loop.assumeIsolated().execute { listener(.failed("\(error)")) }
        }
        for descriptor in request.descriptors { close(descriptor) }
    }
}
