/// Decides which worker runs which call. A pure state machine: every method takes what happened and appends
/// what is to be done to `actions`; `WorkerPool` carries it out. Confined to one event loop.
struct Scheduler {
    /// What the pool has to do.
    enum Action {
        /// Write the call's frame to the worker.
        case send(Call, Worker)
        /// Ask the zygote for this worker.
        case fork(Worker)
        /// Ask the worker to hand back what has not started.
        case poke(Worker)
        /// SIGKILL the worker's process group.
        case kill(Worker)
        /// Close the worker's socket: it exits when idle.
        case retire(Worker)
        /// Tell the caller.
        case fail(Call, CallFailure)
        /// Ask the lane for the call's cards.
        case ask(Call)
        /// Nobody waits for the call's cards any more.
        case withdraw(Call)
        /// Give the cards back.
        case handBack(CardLease)
    }

    /// Numbers that shape the pool.
    struct Limits: Sendable {
        /// Most primary workers.
        var primaries = 2
        /// Most overflow workers.
        var overflow = 64
        /// Most calls of computing scripts at a time.
        var computing = 2
        /// Most calls that wait in the server.
        var queue = 1024
        /// Expected work that a primary is given before the next one is used, microseconds.
        var pack: Double = 400
        /// A running call that holds others up for longer than this is poked, nanoseconds.
        var stall: UInt64 = 5_000_000
        /// Idle overflow workers beyond one live this long, nanoseconds.
        var idle: UInt64 = 30_000_000_000
        /// Two calls of a script that nobody has measured yet run at a time, and twice as many after each such wait,
        /// nanoseconds: its first answer may show that it needs no workers of its own.
        var patience: UInt64 = 40_000_000
        /// A worker that holds cards keeps them this long for the next call of the same caller if nobody else waits,
        /// nanoseconds.
        var keep: UInt64 = 10_000_000_000
    }

    let limits: Limits
    var actions: [Action] = []
    private(set) var workers: [Worker] = []
    /// Workers that are starting, and those that are not killed, by role.
    private var starting = Headcount()
    private var alive = Headcount()
    private(set) var isDraining = false
    /// No worker is kept in reserve, and each goes when it is idle and nothing waits.
    var isRetiring = false
    private var nextWorker: UInt32 = 1
    /// Calls that wait for a worker, by the class of their script.
    var quick = FairQueue()
    var slow = FairQueue()
    var computing = FairQueue()
    /// Calls that wait for GPU cards, in the order in which they asked.
    var leasing: [Call] = []
    /// Whether somebody waits for cards, so that none may be kept.
    var isContended = false
    private var earlyDeaths = 0
    private var forkAgainAt: UInt64 = 0

    init(limits: Limits) { self.limits = limits }

    /// Calls that wait in the server.
    var queued: Int { quick.count + slow.count + computing.count }
    /// Calls at workers.
    var running: Int { workers.reduce(0) { $0 + $1.calls.count } }

    // MARK: Events

    /// The first workers, so that the first call needn't wait for a fork.
    mutating func start() {
        fork(.primary)
        fork(.overflow)
    }

    /// A call came in.
    mutating func submit(_ call: Call, now: UInt64) {
        guard queued + leasing.count < limits.queue || makeRoom(for: call) else {
            return actions.append(.fail(call, .overloaded))
        }
        if call.want != nil { return submitForCards(call, now: now) }
        call.placedAs = call.script.profile.scriptClass
        if !hasWaiting(like: call), place(call, now: now) { return }
        enqueue(call)
        growIfNeeded(call.placedAs, now: now)
    }

    /// The worker can take calls.
    mutating func ready(_ worker: Worker, pid: Int32, now: UInt64) {
        guard worker.state == .starting else { return }
        if !worker.isStale { starting[worker.role] -= 1 }
        worker.state = .ready
        worker.pid = pid
        worker.idleSince = now
        if let call = worker.reserved {
            worker.reserved = nil
            if call.sink != nil { assign(call, to: worker, now: now) } else { letGo(worker, now: now) }
        }
        if worker.isStale { letStaleGo(worker) }
        pump(now: now)
    }

    /// The worker answered `call`; returns it if it was really there.
    mutating func answered(
        _ id: UInt32, by worker: Worker, wall: UInt32, cpu: UInt32, streamed: Bool, now: UInt64
    ) -> Call? {
        guard let index = worker.calls.firstIndex(where: { $0.id == id }) else { return nil }
        let call = worker.calls.remove(at: index)
        worker.backlog = worker.calls.isEmpty ? 0 : worker.backlog - call.estimate
        worker.headSince = now
        if worker.calls.isEmpty { worker.idleSince = now }
        if !call.isDescribe {
            worker.answered += 1
            let isFirst = call.script.profile.samples == 0
            call.script.profile.record(wall: Double(wall), cpu: Double(cpu), streamed: streamed)
            if isFirst { reclassify(call.script) }
        }
        call.worker = nil
        call.wall = wall
        call.workerPID = worker.pid
        earlyDeaths = 0
        if worker.isStale {
            letStaleGo(worker)
        } else if worker.role == .gpu {
            letGo(worker, now: now)
        }
        if queued > 0 { pump(now: now) }
        return call
    }

    /// A streamed answer began: whatever waits behind it goes elsewhere.
    mutating func began(_ call: Call, by worker: Worker) {
        call.hasBegunAnswer = true
        if worker.calls.count > 1 { poke(worker) }
    }

    /// The worker handed calls back.
    mutating func givenBack(_ ids: [UInt32], by worker: Worker, now: UInt64) {
        worker.isPoked = false
        for id in ids.reversed() {
            guard let index = worker.calls.firstIndex(where: { $0.id == id }) else { continue }
            let call = worker.calls.remove(at: index)
            worker.backlog = max(0, worker.backlog - call.estimate)
            requeue(call)
        }
        pump(now: now)
    }

    /// The worker's process is over. `started` is what its progress page says; `status` its exit status.
    mutating func gone(_ worker: Worker, started: UInt64, status: Int32?, now: UInt64) {
        guard worker.state != .gone else { return }
        let diedEarly = worker.state != .retiring && worker.state != .killed && worker.answered == 0
        if worker.state == .starting, !worker.isStale { starting[worker.role] -= 1 }
        if worker.state != .killed, !worker.isStale { alive[worker.role] -= 1 }
        worker.state = .gone
        workers.removeAll { $0 === worker }
        let begun = min(worker.calls.count, Int(clamping: started - min(started, worker.answered)))
        for (index, call) in worker.calls.enumerated().reversed() {
            settle(
                call, isRunning: index == begun - 1, hasBegun: index < begun,
                failure: worker.exceeded.map { .exceeded($0) } ?? .crashed(status: status))
        }
        worker.calls = []
        endLease(of: worker, status: status)
        if diedEarly {
            earlyDeaths += 1
            if earlyDeaths >= 5 { giveUp(now: now) }
        }
        pump(now: now)
    }

    /// Nobody waits for this call any more.
    mutating func cancel(_ call: Call, killAt: UInt64) {
        call.sink = nil
        call.killAt = killAt
        if let index = leasing.firstIndex(where: { $0 === call }) {
            leasing.remove(at: index)
            actions.append(.withdraw(call))
        }
    }

    /// Looks at the clock: deadlines, stalls, idle workers. Called every few milliseconds while calls are
    /// in flight.
    mutating func tick(now: UInt64) {
        for worker in workers where worker.state == .ready { check(worker, now: now) }
        expire(\.quick, now: now)
        expire(\.slow, now: now)
        expire(\.computing, now: now)
        if queued > 0 { pump(now: now) }
    }

    /// Keeps one overflow worker in reserve and lets those go that nobody needed for a while.
    mutating func trim(now: UInt64) {
        guard !isDraining else { return }
        guard !isRetiring else { return letIdleGo() }
        for worker in workers where worker.role == .gpu { letGo(worker, now: now) }
        var idle = workers.filter { $0.role != .primary && $0.role != .gpu && $0.isIdle }.sorted {
            $0.idleSince > $1.idleSince
        }
        let spare = idle.firstIndex { $0.role == .overflow }
        if let spare { idle.remove(at: spare) }
        for worker in idle where now - worker.idleSince > limits.idle {
            worker.state = .retiring
            actions.append(.retire(worker))
        }
        if spare == nil, count(.overflow, .starting) == 0 { fork(.overflow, now: now) }
        if count(.primary) == 0 { fork(.primary, now: now) }
    }

    /// No new workers; those that are idle go, and nobody waits for cards any more.
    mutating func drain() {
        isDraining = true
        leaveLane()
        retireIdle()
    }

    /// What workers may reach has changed: those that there are finish what they have and get nothing new.
    mutating func renewWorkers(now: UInt64) {
        for worker in workers where !worker.isStale && (worker.state == .ready || worker.state == .starting) {
            worker.isStale = true
            alive[worker.role] -= 1
            if worker.state == .starting { starting[worker.role] -= 1 }
            letStaleGo(worker)
        }
        if !isDraining, !isRetiring { start() }
        pump(now: now)
    }

    /// A call that a worker could not begin.
    mutating func runAgain(_ call: Call, now: UInt64) {
        requeue(call)
        pump(now: now)
    }

    private mutating func letStaleGo(_ worker: Worker) {
        guard worker.isIdle else { return }
        worker.state = .retiring
        actions.append(.retire(worker))
    }

    private mutating func letIdleGo() {
        if queued == 0, leasing.isEmpty { retireIdle() }
    }

    private mutating func retireIdle() {
        for worker in workers where worker.isIdle {
            worker.state = .retiring
            actions.append(.retire(worker))
        }
    }

    // MARK: Workers

    func count(_ role: Worker.Role, _ state: Worker.State? = nil) -> Int {
        if state == .starting { return starting[role] }
        return workers.count { $0.role == role && (state == nil ? !$0.isStale : $0.state == state) }
    }

    private func limit(of role: Worker.Role) -> Int {
        switch role {
        case .primary: limits.primaries
        case .overflow: limits.overflow
        case .computing: limits.computing
        case .gpu: .max
        }
    }

    /// - Returns: the worker that is asked for, or nil where there may be no more.
    @discardableResult mutating func fork(_ role: Worker.Role, now: UInt64 = .max) -> Worker? {
        guard alive[role] < limit(of: role), now >= forkAgainAt else { return nil }
        let worker = Worker(id: nextWorker, role: role)
        nextWorker += 1
        workers.append(worker)
        starting[role] += 1
        alive[role] += 1
        actions.append(.fork(worker))
        return worker
    }

    mutating func poke(_ worker: Worker) {
        guard !worker.isPoked else { return }
        worker.isPoked = true
        actions.append(.poke(worker))
    }

    private mutating func check(_ worker: Worker, now: UInt64) {
        guard let head = worker.calls.first else { return }
        if head.deadline <= now, !head.hasBegunAnswer || head.sink == nil {
            if head.sink != nil { actions.append(.fail(head, .deadline(started: true))) }
            return kill(worker)
        }
        if head.killAt <= now { return kill(worker) }
        guard worker.calls.count > 1 else { return }
        for call in worker.calls.dropFirst() where call.deadline <= now && call.sink != nil {
            actions.append(.fail(call, .deadline(started: false)))
        }
        if now - worker.headSince > limits.stall { poke(worker) }
    }

    private mutating func kill(_ worker: Worker) {
        if !worker.isStale { alive[worker.role] -= 1 }
        worker.state = .killed
        actions.append(.kill(worker))
    }

    mutating func settle(_ call: Call, isRunning: Bool, hasBegun: Bool, failure: CallFailure) {
        call.worker = nil
        guard call.sink != nil else { return }
        call.moves += 1
        let mayRunAgain = !hasBegun || (!isRunning && call.isSafe)
        if mayRunAgain && !call.hasBegunAnswer && call.moves <= 3 {
            requeue(call)
        } else {
            actions.append(.fail(call, failure))
        }
    }

    /// Five workers in a row died before they answered anything: fork no more for a second.
    private mutating func giveUp(now: UInt64) {
        earlyDeaths = 0
        forkAgainAt = now + 1_000_000_000
        let reason = "Workers die as they start; the log has what they printed."
        let waiting = quick.remove { _ in true } + slow.remove { _ in true } + computing.remove { _ in true }
        for call in waiting { actions.append(.fail(call, .unavailable(reason))) }
    }

    private mutating func expire(_ queue: WritableKeyPath<Scheduler, FairQueue>, now: UInt64) {
        guard !self[keyPath: queue].isEmpty else { return }
        let over = self[keyPath: queue].remove { $0.sink == nil || $0.deadline <= now }
        for call in over where call.sink != nil { actions.append(.fail(call, .deadline(started: false))) }
    }
}

/// A number of workers for each role.
private struct Headcount {
    private var primaries = 0
    private var overflow = 0
    private var computing = 0
    private var gpu = 0

    subscript(role: Worker.Role) -> Int {
        get {
            switch role {
            case .primary: primaries
            case .overflow: overflow
            case .computing: computing
            case .gpu: gpu
            }
        }
        set {
            switch role {
            case .primary: primaries = newValue
            case .overflow: overflow = newValue
            case .computing: computing = newValue
            case .gpu: gpu = newValue
            }
        }
    }
}
