import Foundation
import Glibc
internal import Logging
internal import NIOCore

/// One line that a script printed or logged.
package struct ScriptOutput {
    /// The script and the trace id of the call that ran, if one did.
    package let call: Call?
    /// 0 stdout, 1 stderr, or a level of Python's logging: 10 to 50.
    package let level: UInt8
    /// The line without its end.
    package let text: String
    /// Pid of the worker.
    package let pid: Int32
}

/// The workers of one zone: carries out what the `Scheduler` decides. Confined to the zygote's event loop.
package final class WorkerPool: @unchecked Sendable {
    let loop: any EventLoop
    private let zygote: Zygote
    let zone: ForkMessage.Zone
    let logger: Logger
    var scheduler: Scheduler
    private(set) var links: [UInt32: WorkerLink] = [:]
    private var unflushed: [WorkerLink] = []
    /// Whether frames gather that are written at the end of this turn of the loop.
    private(set) var isGathering = false
    private var isTicking = false
    private var nextCall: UInt32 = 1
    /// Counters since the start, for the metrics.
    package private(set) var counters = PoolCounters()
    /// Called for each line that a script printed.
    package var onOutput: ((ScriptOutput) -> Void)?
    /// Called twice a second.
    var onTrim: (() -> Void)?
    /// Called when a worker could not open a file of the zone, to look whether the folder changed.
    var onOutOfReach: (() -> Void)?
    /// Hands out GPU cards; nil: this machine has none to hand out, and `noLane` says why.
    package var lane: (any CardLane)?
    /// What a call that needs cards is told where there is no lane.
    package var noLane = "The settings say that no GPUs are handed out: set `gpu.enabled` to auto."
    /// How long a call whose client left may go on before its worker is killed, nanoseconds; nil: it finishes.
    private let cancelGrace: UInt64?
    let scratch: ScratchFolders?

    init(
        zygote: Zygote, zone: ForkMessage.Zone, limits: Scheduler.Limits, cancelGrace: UInt64?,
        scratch: ScratchFolders?, logger: Logger
    ) {
        self.scratch = scratch
        self.zygote = zygote
        self.zone = zone
        self.cancelGrace = cancelGrace
        self.logger = logger
        loop = zygote.loop
        scheduler = Scheduler(limits: limits)
    }

    /// Asks for the first workers.
    func start() {
        scheduler.start()
        perform()
        trimLater()
    }

    /// Gives the call to a worker, or lets it wait.
    func submit(_ call: Call, now: UInt64) {
        if let reason = zygote.hopeless { return fail(call, .unavailable(reason)) }
        scheduler.submit(call, now: now)
        perform()
        if !isTicking { tickLater() }
    }

    /// The client is gone: forget the call, and end it if it is still running after a moment.
    package func cancel(_ call: Call) {
        scheduler.cancel(call, killAt: cancelGrace.map { monotonicNow() + $0 } ?? .max)
        if !scheduler.actions.isEmpty { perform() }
        if let link = call.worker.flatMap({ links[$0.id] }) { link.pause(false) }
    }

    /// The sink of `call` has room again.
    package func resume(_ call: Call) {
        if let link = call.worker.flatMap({ links[$0.id] }) { link.pause(false) }
    }

    /// Calls of `script` that came before its own deadline was known get it now; nanoseconds from their arrival.
    func adjustDeadlines(of script: Script, timeout: UInt64) {
        func adjust(_ call: Call) {
            if call.script === script && !call.isDescribe { call.deadline = call.submitted + timeout }
        }
        for worker in scheduler.workers { worker.calls.forEach(adjust) }
        for queue in [scheduler.quick, scheduler.slow, scheduler.computing] { queue.forEach(adjust) }
    }

    func makeCallID() -> UInt32 {
        nextCall &+= 1
        return nextCall
    }

    /// Lets idle workers go; what runs may finish.
    package func drain() {
        scheduler.drain()
        perform()
    }

    /// Ends every worker now.
    package func stop() {
        for link in links.values {
            link.close()
            signal(link.worker)
        }
    }

    // MARK: What workers say

    func received(_ frame: Frame, from link: WorkerLink) {
        guard let kind = FrameKind(rawValue: frame.header.kind), !link.isDistrusted else { return }
        let worker = link.worker
        if let reason = AnswerRules.violation(frame, kind, calls: worker.calls) {
            return distrust(link, because: reason)
        }
        switch kind {
        case .reply, .end, .fail, .described: answered(frame, kind, by: link)
        case .head, .chunk: streamed(frame, kind, by: link)
        case .log:
            let call = worker.calls.first { $0.id == frame.header.call }
            onOutput?(
                ScriptOutput(
                    call: call, level: frame.header.flags,
                    text: String(
                        decoding: frame.payload.readableBytesView.prefix(AnswerRules.longestLine), as: UTF8.self),
                    pid: worker.pid))
        case .givenBack:
            var payload = frame.payload
            var ids: [UInt32] = []
            while let id = payload.readInteger(endianness: .little, as: UInt32.self) { ids.append(id) }
            counters.givenBack += ids.count
            scheduler.givenBack(ids, by: worker, now: monotonicNow())
        case .giveBack: break
        }
        perform()
    }

    private func answered(_ frame: Frame, _ kind: FrameKind, by link: WorkerLink) {
        let header = frame.header
        let wasStreamed = kind == .end
        guard
            let call = scheduler.answered(
                header.call, by: link.worker, wall: header.b, cpu: header.c, streamed: wasStreamed,
                now: monotonicNow())
        else { return }
        link.pause(false)
        guard let sink = call.sink else { return }
        call.sink = nil
        switch kind {
        case .end: sink.finish()
        case .fail:
            var failure = ScriptFailure(frame)
            if failure.code == ScriptFailure.outOfReach {
                if runAgain(call, after: link.worker, sink: sink) { return }
                failure.code = "load-error"
            }
            counters.failures += 1
            sink.fail(.script(failure))
        case .described: sink.reply(status: 200, headers: ByteBuffer(), body: frame.payload, length: .measured)
        default:
            var body = frame.payload
            guard let headers = body.readSlice(length: Int(header.a)) else {
                return sink.fail(.crashed(status: nil))
            }
            sink.reply(
                status: Int(header.status), headers: headers, body: body, length: AnswerLength(flags: header.flags))
        }
    }

    private func streamed(_ frame: Frame, _ kind: FrameKind, by link: WorkerLink) {
        guard let call = link.worker.calls.first(where: { $0.id == frame.header.call }) else { return }
        call.workerPID = link.worker.pid
        if kind == .head {
            scheduler.began(call, by: link.worker)
            call.sink?.begin(
                status: Int(frame.header.status), headers: frame.payload,
                length: AnswerLength(flags: frame.header.flags))
        } else {
            call.sink?.write(frame.payload)
        }
        if call.sink?.isFull == true { link.pause(true) }
    }

    func printed(_ text: String, by link: WorkerLink) {
        onOutput?(ScriptOutput(call: link.worker.calls.first, level: 0, text: text, pid: link.worker.pid))
    }

    /// All that the worker wrote has been read. Its exit status comes from the zygote, if there is one.
    func disconnected(_ link: WorkerLink) {
        link.isDisconnected = true
        if link.exitStatus != nil { return gone(link) }
        loop.scheduleTask(in: .milliseconds(50)) { self.gone(link) }
    }

    func distrust(_ link: WorkerLink, because reason: String) {
        guard !link.isDistrusted else { return }
        link.isDistrusted = true
        logger.error("A worker is killed: \(reason).", metadata: ["worker": "\(link.worker.pid)"])
        signal(link.worker)
    }

    // MARK: What the scheduler wants

    func perform() {
        while !scheduler.actions.isEmpty {
            let actions = scheduler.actions
            scheduler.actions.removeAll(keepingCapacity: true)
            for action in actions {
                switch action {
                case .send(let call, let worker): send(call, to: worker)
                case .fork(let worker): fork(worker)
                case .poke(let worker):
                    counters.pokes += 1
                    links[worker.id]?.poke()
                case .kill(let worker):
                    counters.kills += 1
                    signal(worker)
                case .retire(let worker): links[worker.id]?.close()
                case .fail(let call, let failure): fail(call, failure)
                case .ask(let call): ask(call)
                case .withdraw(let call): if let ticket = call.ticket { lane?.withdraw(ticket) }
                case .handBack(let lease): lane?.ended(lease)
                }
            }
        }
    }

    private func send(_ call: Call, to worker: Worker) {
        guard let link = links[worker.id] else { return }
        link.enqueue(call.payload)
        unflushed.append(link)
        guard !isGathering else { return }
        isGathering = true
        loop.execute { self.flush() }
    }

    private func flush() {
        isGathering = false
        // A write that fails may end its worker at once, whose calls then gather for another one while this goes on.
        var index = 0
        while index < unflushed.count {
            unflushed[index].flush()
            index += 1
        }
        unflushed.removeAll(keepingCapacity: true)
    }

    private func fail(_ call: Call, _ failure: CallFailure) {
        guard let sink = call.sink else { return }
        call.sink = nil
        if case .crashed = failure { counters.crashedCalls += 1 }
        sink.fail(failure)
    }

    private func ask(_ call: Call) {
        guard let want = call.want else { return }
        guard let lane else {
            return scheduler.refused(CardRefusal(code: "gpu-impossible", sentence: noLane), to: call)
        }
        scheduler.isContended = lane.isContended
        var isAnswered = false
        let ticket = lane.ask(want) { [self] answer in
            isAnswered = true
            call.ticket = nil
            switch answer {
            case .success(let lease): scheduler.granted(lease, to: call, now: monotonicNow())
            case .failure(let refusal): scheduler.refused(refusal, to: call)
            }
            perform()
        }
        if !isAnswered { call.ticket = ticket }
    }

    /// Somebody waits for cards: idle workers give theirs back.
    package func recallCards() {
        scheduler.recall(now: monotonicNow())
        perform()
    }

    private func fork(_ worker: Worker) {
        counters.forks += 1
        do throws(ZygoteFailure) {
            let link = try WorkerLink(worker: worker)
            links[worker.id] = link
            let connected = link.connect(loop: loop, pool: self)
            var zone = zone
            if let lease = worker.lease { zone.environment.merge(lease.environment) { $1 } }
            link.scratch = scratch?.make()
            zygote.fork(
                zone: zone, nice: worker.role == .computing ? 10 : 0, scratch: link.scratch,
                devices: worker.lease?.devices ?? [], descriptors: link.remote
            ) { event in
                self.heard(event, of: link, connected: connected)
            }
        } catch {
            logger.error("\(error.detail)")
            loop.execute { self.scheduler.gone(worker, started: 0, status: nil, now: monotonicNow()) }
        }
    }

    private func heard(_ event: Zygote.Event, of link: WorkerLink, connected: EventLoopFuture<Void>) {
        switch event {
        case .forked(let id, let pid):
            link.id = id
            link.worker.pid = pid
            if let lease = link.worker.lease {
                lane?.began(lease, pid: pid) {
                    self.distrust(link, because: "its GPUs were taken back before it began")
                }
            }
            connected.assumeIsolated().whenSuccess {
                self.scheduler.ready(link.worker, pid: pid, now: monotonicNow())
                self.perform()
            }
        case .exited(let id, let status):
            let pid = link.worker.pid
            let isExpected = link.worker.state == .retiring || link.worker.state == .killed
            if !isExpected {
                counters.crashes += 1
                logger.warning(
                    "A worker ended: \(exitText(status))",
                    metadata: ["worker": "\(pid)", "zone": "\(zone.prefix)", "event": "worker-ended"])
            }
            if status == -SIGXCPU, zone.cpu != nil { tell(link, exceeds: .cpu) }
            if status == -SIGKILL, !isExpected, zygote.hasLostForMemory() { tell(link, exceeds: .memory) }
            // Children of the script that stayed in its process group end with it.
            if pid > 1 { kill(-pid, SIGKILL) }
            zygote.reap(id)
            link.exitStatus = status
            if link.isDisconnected { return gone(link) }
            // What it wrote before its end is still in the socket and is read first; unless a process that left its
            // group holds the socket open.
            loop.scheduleTask(in: .milliseconds(250)) { self.gone(link) }
        case .failed(let message):
            guard link.worker.state == .starting else { return }
            logger.error("No worker: \(message)", metadata: ["zone": "\(zone.prefix)"])
            gone(link)
        }
    }

    private func gone(_ link: WorkerLink) {
        guard link.worker.state != .gone else { return }
        if link.worker.state == .ready, link.exitStatus == nil { signal(link.worker) }
        scheduler.gone(link.worker, started: link.started, status: link.exitStatus, now: monotonicNow())
        links[link.worker.id] = nil
        link.close()
        if let folder = link.scratch { scratch?.remove(folder) }
        perform()
    }

    func signal(_ worker: Worker) {
        guard worker.pid > 1, worker.state != .gone, links[worker.id]?.exitStatus == nil else { return }
        kill(-worker.pid, SIGKILL)
    }

    private func tickLater() {
        isTicking = true
        loop.scheduleTask(in: .milliseconds(5)) {
            self.scheduler.tick(now: monotonicNow())
            self.perform()
            self.isTicking = false
            if self.scheduler.queued > 0 || self.scheduler.workers.contains(where: { !$0.calls.isEmpty }) {
                self.tickLater()
            }
        }
    }

    private func trimLater() {
        loop.scheduleTask(in: .milliseconds(500)) {
            self.trim()
            if !self.scheduler.isDraining { self.trimLater() }
        }
    }

    /// Lets workers go that nobody needs.
    func trim() {
        if let lane { scheduler.isContended = lane.isContended }
        scheduler.trim(now: monotonicNow())
        perform()
        watchScratch()
        onTrim?()
    }
}

/// The monotonic clock, nanoseconds.
package func monotonicNow() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
