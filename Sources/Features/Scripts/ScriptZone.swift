import Foundation
package import Logging
package import NIOCore
package import StewardCore

/// What a zone's scripts run with.
package struct ScriptZoneSettings: Sendable, Hashable {
    /// URL prefix: `/`, `/api`.
    package var prefix: String
    /// Absolute path of the folder.
    package var folder: String
    /// Folders beneath it that belong to other zones, relative to it.
    package var excluded: Set<String> = []
    /// Longest time from a call's arrival to the beginning of its answer.
    package var timeout: TimeAmount = .seconds(30)
    /// Most primary workers.
    package var workers = 2
    /// Most overflow workers.
    package var overflow = 64
    /// Most calls that wait.
    package var queue = 1024
    /// Whether a call ends when its client leaves.
    package var cancelsOnDisconnect = true
    /// Environment variables of its scripts.
    package var environment: [String: String] = [:]
    /// Who may read and write its Flask sessions.
    package var sessions = SessionSharing.own
    /// Processor seconds that a call may use; nil: no limit.
    package var cpu: Int?
    /// Where its workers' scratch folders are made; nil: they have none of their own.
    package var scratch: ScratchSettings?
    /// Where large request bodies wait for its workers; nil: where those of all zones do.
    package var spool: String?
    /// All that confines its processes beside that; two zones with different texts never share workers.
    package var confinement = ""
    /// The GPU cards that its scripts need unless they say otherwise.
    package var cards = CardDemand(count: 0)
    /// How long a call waits for cards; nil: as the lane has it.
    package var cardPatience: TimeAmount?
    /// How long a worker keeps its cards for the next call of the same caller.
    package var cardKeep: TimeAmount = .seconds(10)

    /// Whether workers may reach only what they are told.
    var isConfined: Bool { !confinement.isEmpty }

    /// Settings of the zone at `prefix` whose scripts lie in `folder`.
    package init(prefix: String, folder: String) {
        self.prefix = prefix
        self.folder = folder
    }
}

/// A zone's scripts and the workers that run them. Confined to the zygote's event loop.
package final class ScriptZone: @unchecked Sendable {
    /// What it was made with.
    package let settings: ScriptZoneSettings
    /// Runs the calls.
    package let pool: WorkerPool
    /// The process that its workers are forked from.
    package let zygote: Zygote
    private var catalogue: Catalogue
    private let logger: Logger
    /// Whether nothing was started, because there is no script.
    package private(set) var isAsleep = false
    /// Requests that were admitted and have no answer yet.
    package var openRequests = 0
    private var describing = 0
    private var looks: UInt8 = 0
    private var whenDescribed: [() -> Void] = []
    private var held: [(call: Call, caller: String)] = []

    /// Scans the folder; `start()` brings up workers.
    package init(settings: ScriptZoneSettings, zygote: Zygote, logger: Logger) {
        self.settings = settings
        self.logger = logger
        catalogue = Catalogue(prefix: settings.prefix, root: settings.folder, excluded: settings.excluded)
        var limits = Scheduler.Limits()
        limits.primaries = settings.workers
        limits.overflow = settings.overflow
        limits.computing = max(1, ProcessInfo.processInfo.activeProcessorCount)
        limits.queue = settings.queue
        limits.keep = UInt64(settings.cardKeep.nanoseconds)
        pool = WorkerPool(
            zygote: zygote,
            zone: .init(
                name: settings.prefix, prefix: settings.prefix, folder: settings.folder,
                environment: settings.environment, excluded: settings.excluded.sorted(), cpu: settings.cpu),
            limits: limits, cancelGrace: settings.cancelsOnDisconnect ? 250_000_000 : nil,
            scratch: settings.scratch.map { ScratchFolders($0) }, logger: logger)
        self.zygote = zygote
        pool.onOutOfReach = { [weak self] in self?.refresh(now: monotonicNow()) }
        pool.onTrim = { [weak self] in self?.lookAround() }
    }

    /// Starts the runtime, asks for the first workers and for descriptions of the scripts. A zone without scripts sleeps
    /// until it has some, unless `evenIfEmpty`.
    package func start(evenIfEmpty: Bool = false) {
        if evenIfEmpty || !catalogue.scripts.isEmpty { wake() } else { isAsleep = true }
    }

    private func wake() {
        isAsleep = false
        zygote.start()
        pool.start()
        tellUnreadable()
        describe(Array(catalogue.scripts.values))
    }

    /// All scripts by their route.
    package var scripts: [Script] { catalogue.scripts.values.sorted { $0.route < $1.route } }

    /// Whether it has any.
    package var hasScripts: Bool { !catalogue.scripts.isEmpty }

    /// Why the folder can't be read, if it can't.
    package var failure: String? { catalogue.failure }

    /// Calls that wait, and calls at workers.
    package var load: (queued: Int, running: Int) { (pool.scheduler.queued, pool.scheduler.running) }

    /// Workers by role and state, for the metrics.
    package var workersByState: [(role: String, state: String, count: Int)] {
        Worker.Role.allCases.flatMap { role in
            [Worker.State.starting, .ready, .killed].map { state in
                (role.rawValue, state.rawValue, pool.scheduler.count(role, state))
            }
        }
    }

    /// Finds the script for a decoded path of this zone, as the folder is now.
    package func match(_ path: String, now: UInt64) -> (script: Script, name: String, rest: Substring)? {
        refresh(now: now)
        return catalogue.match(path)
    }

    /// Looks whether the folder changed. Costs one system call when it didn't.
    package func refresh(now: UInt64) {
        let before = catalogue.unreadable
        let changes = catalogue.refresh(now: now)
        guard !isAsleep else { return catalogue.scripts.isEmpty ? () : wake() }
        noticeReach()
        guard let fresh = changes else { return }
        if catalogue.unreadable != before { tellUnreadable() }
        if !fresh.isEmpty { describeSoon(fresh) }
    }

    /// Has workers replaced whose rights are those of a folder that is no longer so.
    func noticeReach() {
        guard settings.isConfined, let change = catalogue.takeReachChange() else { return }
        if change == .folder { zygote.renew() }
        pool.renewWorkers()
    }

    /// Twice a second: whether the folder is another one, and now and then whether other files are that processes may reach.
    private func lookAround() {
        noticeReach()
        looks &+= 1
        guard looks % 4 == 0 else { return }
        zygote.lookForChanges { [self] in
            zygote.renew()
            pool.renewWorkers()
        }
    }

    private func tellUnreadable() {
        for sentence in catalogue.unreadable {
            logger.warning(
                "\(sentence) Its scripts are no routes.",
                metadata: ["event": "folder-unreadable", "zone": "\(settings.prefix)"])
        }
    }

    /// Calls `body` once no description is on its way: at once, or when a worker has answered.
    package func afterDescriptions(_ body: @escaping () -> Void) {
        if describing == 0 { body() } else { whenDescribed.append(body) }
    }

    private func described() {
        describing -= 1
        guard describing == 0 else { return }
        let waiting = whenDescribed
        whenDescribed = []
        for body in waiting { body() }
    }

    /// Runs a script for `caller`. `environ` and `body` become the CALL frame.
    /// - Returns: the call, for `cancel` and `resume`; its answer goes to `sink`, perhaps before this returns.
    @discardableResult package func call(
        _ script: Script, by caller: String, trace: TraceID, environ: EnvironBlock, body: ByteBuffer?, isSafe: Bool,
        now: UInt64, sink: any CallSink
    ) -> Call {
        let timeout = script.description?.timeoutNanoseconds ?? UInt64(settings.timeout.nanoseconds)
        let call = makeCall(
            script, .call, trace: trace, environ: environ, body: body, isSafe: isSafe, now: now,
            deadline: now + timeout, sink: sink)
        call.allowance = timeout
        guard needsDescription(script) else {
            submit(call, by: caller, now: now)
            return call
        }
        held.append((call, caller))
        if describing == 0 { describe([script]) }
        return call
    }

    private func makeCall(
        _ script: Script, _ kind: FrameKind, trace: TraceID, environ: consuming EnvironBlock, body: ByteBuffer?,
        isSafe: Bool,
        now: UInt64, deadline: UInt64, sink: any CallSink
    ) -> Call {
        let id = pool.makeCallID()
        let length = environ.count + (body?.readableBytes ?? 0)
        let header = FrameHeader(
            length: length, kind: kind, call: id, a: kind == .call ? UInt32(environ.count) : 0, b: catalogue.generation)
        let frame = environ.frame(header, body: body)
        return Call(
            id: id, script: script, trace: trace, payload: frame, isSafe: isSafe,
            isDescribe: kind != .call, submitted: now, deadline: deadline, sink: sink)
    }

    /// Describes the scripts in a moment: the call that found them comes first.
    private func describeSoon(_ scripts: [Script]) {
        describing += 1
        pool.loop.scheduleTask(in: .milliseconds(5)) {
            self.describe(scripts)
            self.described()
        }
    }

    /// Calls that waited for the description of their script go their way; those of scripts that nobody could describe too.
    private func releaseHeld() {
        let ready = held.filter { $0.call.script.description != nil || describing == 0 }
        held.removeAll { $0.call.script.description != nil || describing == 0 }
        let now = monotonicNow()
        for (call, caller) in ready where call.sink != nil {
            if let timeout = call.script.description?.timeoutNanoseconds { call.allowance = timeout }
            call.deadline = now + call.allowance
            submit(call, by: caller, now: now)
        }
    }

    /// Has a worker read the syntax trees of these scripts.
    private func describe(_ scripts: [Script]) {
        for script in scripts where script.kind == .cgi {
            script.description = ScriptDescription(program: settings.folder + "/" + script.path)
        }
        let python = scripts.filter { $0.kind == .python }
        guard !python.isEmpty, let list = try? JSONEncoder().encode(python.map(\.path)) else { return }
        let now = monotonicNow()
        let asker = Script(path: "", route: "", zone: settings.prefix, kind: .python, stamp: python[0].stamp)
        describing += 1
        let sink = DescriptionSink(scripts: python, logger: logger) { [weak self] script in
            guard let self else { return }
            guard let script else {
                described()
                return releaseHeld()
            }
            if let timeout = script.description?.timeoutNanoseconds {
                pool.adjustDeadlines(of: script, timeout: timeout)
            }
        }
        let call = makeCall(
            asker, .describe, trace: TraceID(high: 0, low: 1), environ: EnvironBlock(bytes: list), body: nil,
            isSafe: true, now: now, deadline: now + 60_000_000_000, sink: sink)
        pool.submit(call, now: now)
    }
}

/// Takes the answer to DESCRIBE.
private final class DescriptionSink: CallSink {
    private let scripts: [Script]
    private let stamps: [FileStamp]
    private let logger: Logger
    /// Called for each script that has its description, and at the end with nil.
    private let update: (Script?) -> Void

    init(scripts: [Script], logger: Logger, update: @escaping (Script?) -> Void) {
        self.scripts = scripts
        self.logger = logger
        self.update = update
        stamps = scripts.map(\.stamp)
    }

    var isFull: Bool { false }

    func reply(status: Int, headers: ByteBuffer, body: ByteBuffer, length: AnswerLength) {
        defer { update(nil) }
        guard let found = ScriptDescription.read(Data(body.readableBytesView)) else {
            return logger.warning("Scripts could not be described: the worker's answer is not understood.")
        }
        for (script, stamp) in zip(scripts, stamps) where script.stamp == stamp {
            script.description = found[script.path]
            update(script)
            if let error = script.description?.error {
                logger.warning(
                    "\(script.route) can't be loaded: \(error)",
                    metadata: ["event": "broken-script", "line": "\(script.description?.line ?? 0)"])
            }
        }
    }

    func begin(status: Int, headers: ByteBuffer, length: AnswerLength) {}
    func write(_ bytes: ByteBuffer) {}
    func finish() {}
    func fail(_ failure: CallFailure) {
        logger.warning("Scripts could not be described: \(failure)")
        update(nil)
    }
}
