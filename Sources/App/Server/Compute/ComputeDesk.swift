import Foundation
import Glibc
import Logging
import NIOCore
import StewardAPI
import StewardEdge

/// Takes computations from HTTP and gives each a process, so many at once. Confined to the event loop, but for what
/// the processes' own threads call.
final class ComputeDesk: @unchecked Sendable {
    /// What counts for requests from now on.
    var settings: ComputeSettings
    let loop: any EventLoop
    private let folder: CheckpointFolder
    private let logger: Logger
    private var running: [ObjectIdentifier: ComputeChild] = [:]
    /// Orders that wait for a GPU: their answers, and what gives their places up.
    private var queued: [ObjectIdentifier: (ComputeAnswer, () -> Void)] = [:]
    /// The GPUs, where a lane hands them out.
    var cards: ComputeCards?
    private var isStopping = false
    /// Kept when the last computation has ended.
    private var emptied: EventLoopPromise<Void>?
    /// The devices as they were measured last.
    private var survey: [UInt8]?
    private var looking: ComputeChild?
    private var waiting: [Journey] = []

    init(settings: ComputeSettings, folder: CheckpointFolder, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        self.folder = folder
        self.loop = loop
        self.logger = logger
    }

    /// How many processes compute now.
    var count: Int { running.count + queued.count }

    /// The server begins to stop: no further computation begins. Those that can be gone on with end now, because nobody
    /// knows how long they would take; the others have as long as open requests have.
    func drain() {
        isStopping = true
        for (key, (answer, leave)) in queued {
            queued[key] = nil
            leave()
            answer.refuse(ComputeEnding.stopping("what waited for a GPU", remedy: "ask again when it runs"))
        }
        for child in running.values where child.isResumable { child.cancel(.stopping) }
    }

    /// Ends every computation. Done when nothing of them is left and all answers are given.
    func stop() -> EventLoopFuture<Void> {
        drain()
        looking?.cancel(.stopping)
        for child in running.values { child.cancel(.stopping) }
        let promise = loop.makePromise(of: Void.self)
        emptied = promise
        if running.isEmpty { leaveEmpty() }
        return promise.futureResult
    }

    private func leaveEmpty() {
        emptied?.succeed()
        emptied = nil
    }

    // MARK: Devices

    /// Answers with the devices, measured once.
    func devices(_ journey: Journey) {
        if let survey { return ComputeReply.reply(journey, json: survey) }
        let isFirst = waiting.isEmpty
        waiting.append(journey)
        journey.exchange.onAbandoned = { [self] in
            journey.errorCode = "client-left"
            waiting.removeAll { $0 === journey }
        }
        guard isFirst else { return }
        // A GPU's driver may hang or crash: not in this process.
        let loop = self.loop
        let held = cards?.held ?? [:]
        looking = ComputeChild.start(
            .devices, request: held.isEmpty ? [] : ComputeReply.encode(held), limits: ComputeLimits(),
            onMessage: { _ in }
        ) { ending in
            loop.execute { self.found(ending, isWhole: held.isEmpty) }
        }
    }

    /// What was left out because somebody held it is measured next time.
    private func found(_ ending: ComputeEnding, isWhole: Bool) {
        looking = nil
        let journeys = waiting
        waiting = []
        let problem = ending.problem(checking: "")
        if problem == nil, isWhole { survey = ending.result }
        for journey in journeys {
            if problem == nil, let survey = ending.result { ComputeReply.reply(journey, json: survey) }
            if let problem { ComputeReply.refuse(journey, problem) }
        }
    }

    // MARK: Processes

    /// Takes a request.
    func take(_ action: ComputeAction, _ body: RequestBody, _ journey: Journey) {
        switch body {
        case .memory(let buffer): begin(action, Array(buffer.readableBytesView), journey)
        case .file(let path, _):
            // The file lives as long as the exchange, which the journey holds.
            let held = NIOLoopBound(journey, eventLoop: loop)
            Thread.detachNewThread { [self] in
                let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
                loop.execute { self.begin(action, bytes, held.value) }
            }
        }
    }

    private func begin(_ action: ComputeAction, _ body: [UInt8], _ journey: Journey) {
        guard !journey.exchange.isCut else { return }
        guard !isStopping else {
            let problem = ComputeEnding.stopping("the computation", remedy: "ask again when it runs")
            return ComputeReply.refuse(journey, problem)
        }
        guard count < settings.processes else {
            let waiting = queued.isEmpty ? "" : " and \(queued.count) wait for a GPU"
            return ComputeReply.refuse(
                journey,
                ComputeEnding.problem(
                    "compute-busy",
                    "\(running.count) computations run\(waiting), and `compute.processes` allows \(settings.processes); try again when one has ended."
                ))
        }
        do throws(ComputeExecution.ComputeProblemError) {
            let order = try ComputeOrder(
                action, body, settings: settings, folder: folder,
                takesEvents: EventStreamWish.isMet(by: journey.exchange.head.headers["accept"]))
            start(order, journey)
        } catch {
            ComputeReply.refuse(journey, error.problem)
        }
    }

    private func start(_ order: ComputeOrder, _ journey: Journey) {
        let answer = ComputeAnswer(order, journey, loop: loop)
        guard let cards, !cards.isEmpty else { return launch(order, answer, journey, seeing: nil) }
        guard order.mayUseGPU else { return launch(order, answer, journey, seeing: ComputeCards.Grant.none) }
        let key = ObjectIdentifier(answer)
        let leave = cards.acquire(
            order, caller: journey.caller.name, trace: "\(journey.exchange.trace)",
            onPlace: { answer.wait(position: $0.position, reason: $0.reason) }
        ) { grant in
            // Nil: the server stops, and it was told so.
            guard self.queued.removeValue(forKey: key) != nil else { return cards.release(grant) }
            if case .refused(let refusal) = grant {
                // Without a lane, too, it is the request that is wrong.
                let isWrong = refusal.code == .impossible && order.card != nil
                let code = isWrong ? "device-unavailable" : refusal.code.rawValue
                return answer.refuse(ComputeEnding.problem(code, refusal.sentence))
            }
            guard !journey.exchange.isCut, !self.isStopping else { return cards.release(grant) }
            self.launch(order, answer, journey, seeing: grant)
        }
        queued[key] = (answer, leave)
        journey.exchange.onAbandoned = {
            journey.errorCode = "client-left"
            answer.leave()
            leave()
            self.queued[key] = nil
        }
    }

    /// Starts the child; `grant` says which GPUs it sees, nil: all.
    private func launch(
        _ order: ComputeOrder, _ answer: ComputeAnswer, _ journey: Journey, seeing grant: ComputeCards.Grant?
    ) {
        let key = ObjectIdentifier(answer)
        let held = NIOLoopBound(journey, eventLoop: loop)
        let child = ComputeChild.start(
            order.task, request: order.request, limits: order.limits, environment: grant?.environment ?? [:],
            onStart: { pid in
                guard case .card(let lease, _) = grant else { return }
                self.loop.execute {
                    self.cards?.began(lease, pid: pid) { self.running[key]?.loseCard() }
                }
            },
            onMessage: { message in self.loop.execute { answer.tell(message) } },
            onEnd: { ending in
                self.loop.execute {
                    self.running[key] = nil
                    if let grant { self.cards?.release(grant) }
                    answer.end(ending)
                    self.log(ending, order, held.value)
                    if self.running.isEmpty { self.leaveEmpty() }
                }
            })
        running[key] = child
        journey.exchange.onAbandoned = {
            journey.errorCode = "client-left"
            answer.leave()
            child.cancel()
        }
    }

    private func log(_ ending: ComputeEnding, _ order: ComputeOrder, _ journey: Journey) {
        guard ending.cause != .cancelled, let problem = ending.problem(checking: order.checking) else { return }
        logger.notice(
            "\(problem.detail)",
            metadata: [
                "event": "\(problem.code)", "task": "\(order.task.rawValue)", "caller": "\(journey.caller.name)",
                "trace_id": "\(journey.exchange.trace)",
            ])
    }
}
