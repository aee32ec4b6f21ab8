import Synchronization

/// The lane at work: cards are looked at, leases written down before anybody is told of them, ended when their process trees
/// are. Everything that may block runs on threads of its own.
package actor LaneService {
    private let thread = SerialThread("steward.gpu.lane")
    /// Its own thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    let settings: GPUSettings
    let journal: LaneJournal
    let watcher: CardWatcher
    let tell: @Sendable (LaneEvent) -> Void
    let processes: Processes
    var lane: Lane
    /// The processes of every lease.
    var trees: [String: LeaseTree] = [:]
    var clearings: [String: Clearing] = [:]
    /// Those who wait for a ticket's next state.
    var watches: [String: [UInt64: Watch]] = [:]
    private var nextWatch: UInt64 = 0
    /// Tickets of this process: they end with it and are not written down.
    var own: Set<String> = []
    /// When somebody last asked after a ticket that no process of this machine stands for.
    var asked: [String: Double] = [:]
    /// What became of tickets of late.
    var past: [String: TicketState] = [:]
    var pastTickets: [String: GPUTicket] = [:]
    var pastOrder: [String] = []
    /// Whether `run` is over: nobody waits any more.
    package private(set) var isStopped = false
    var readings: [String: GPUReading] = [:]
    var losses: [String: String] = [:]
    /// Cards in MIG mode without an instance, as of the last look.
    var unparted: [GPUCard] = []
    var driver: String?
    var absence: NVMLAbsence?
    var looked: Double?
    /// When each card's last lease was cleared: readings that began earlier show what is gone.
    var freed: [String: Double] = [:]
    var strangers = Strangers()
    private let published = Mutex(LaneOverview())

    /// Processes that show no environment while a lease ends, and since when.
    var silentSince: [GPUProcess: Double] = [:]

    /// Why processes could not be looked at since the last beat, and whether that was told.
    var trouble: String?
    private var isBlind = false
    /// Whether the last lease could not be written down, and when that is tried again.
    var isUnwritten = false
    var retries = 0.0

    /// How a lease is being ended.
    struct Clearing {
        var since: Double
        /// When its processes are looked at next.
        var due: Double
        /// Whether all of them were asked to end.
        var isAsked = false
        var isTold = false
        var isForced = false
        var isStuck = false
        /// Processes of which it can't be said yet whether they are of the tree; nil while some of it were seen.
        var doubts: Set<GPUProcess>?
    }

    struct Watch {
        var known: Int?
        var continuation: CheckedContinuation<TicketState?, Never>
    }

    /// Whether the journal was loaded.
    var isLoaded = false

    /// A lane whose journal is in `folder`; nothing is handed out before `run`.
    /// - Throws: a sentence about the folder.
    init(
        settings: GPUSettings, folder: String, library: String?, restartPause: Double = 30,
        processes: Processes, tell: @escaping @Sendable (LaneEvent) -> Void
    ) throws(LaneFolderError) {
        self.settings = settings
        self.tell = tell
        self.processes = processes
        do throws(LaneJournal.Errno) { journal = try LaneJournal(folder: folder) } catch {
            throw LaneFolderError(sentence: "\(folder) can't be made: \(error.text).")
        }
        watcher = CardWatcher(path: library, restartPause: restartPause)
        lane = Lane(policy: settings.policy)
    }

    /// The same on this machine.
    package init(
        settings: GPUSettings, folder: String, library: String?, restartPause: Double = 30,
        tell: @escaping @Sendable (LaneEvent) -> Void
    ) throws(LaneFolderError) {
        try self.init(
            settings: settings, folder: folder, library: library, restartPause: restartPause, processes: Processes(),
            tell: tell)
    }

    /// What there is to show, at most a second old.
    package nonisolated var snapshot: LaneOverview { published.withLock { $0 } }

    /// Works until the task is cancelled.
    package func run() async {
        load()
        let watching = Task { await watchCards() }
        while !Task.isCancelled {
            beat()
            let now = LaneClock.now
            let isBusy = clearings.values.contains { now - $0.since < Self.haste }
            try? await Task.sleep(for: .milliseconds(isBusy ? 20 : 200))
        }
        watching.cancel()
        isStopped = true
        lane.halt("the server stops", now: LaneClock.now)
        for id in watches.keys { answer(id, nil) }
    }

    /// Looks at the clock and at the holders.
    private func beat() {
        let now = LaneClock.now
        let tickets = lane.tickets.filter { !own.contains($0.id) }
        let gone = Set(tickets.compactMap(\.waiter)).filter { life(of: $0) == .gone }
        for ticket in tickets {
            if let waiter = ticket.waiter, gone.contains(waiter) {
                lane.cancel(ticket.id, reason: "The process that waited is gone.", now: now)
            } else if ticket.waiter == nil, now - (asked[ticket.id] ?? now) > Self.silence {
                lane.cancel(ticket.id, reason: "Nobody asked after it for 90 seconds.", now: now)
            }
        }
        if lane.halt != nil, now >= retries { lane.halt(nil, now: now) }
        lane.tick(now: now)
        checkHolders(now: now)
        carryOut()
        clear(now: LaneClock.now)
        carryOut()
        publish()
        tellPlaces()
        tellTrouble()
    }

    /// How long the processes of a lease that ends are looked at at every beat, seconds.
    static let haste = 1.0

    /// Says once that processes can't be looked at, and once that they can again.
    private func tellTrouble() {
        if let trouble, !isBlind { tell(.unseen(trouble)) }
        if trouble == nil, isBlind { tell(.seen) }
        isBlind = trouble != nil
        trouble = nil
    }

    /// Seconds after which a ticket that nobody asks after is dropped.
    private static let silence = 90.0

    /// Makes what there is to show the snapshot.
    func publish() {
        let overview = overview()
        published.withLock { $0 = overview }
    }

    /// What there is to show now.
    package func overview() -> LaneOverview {
        let now = LaneClock.now
        return LaneOverview(
            cards: lane.cards.map { card in
                LaneOverview.Card(
                    card: card, reading: readings[card.card.uuid] ?? GPUReading(), loss: losses[card.card.uuid])
            },
            leases: lane.leases, queue: lane.outlook(now: now), usage: lane.usage(now: now), driver: driver,
            absence: absence, unparted: unparted, looked: looked, now: now)
    }

    /// The place of a ticket that waits: as of the last beat, or behind all others if it came since.
    func place(of ticket: GPUTicket) -> LanePlace {
        published.withLock { $0.queue.first { $0.ticket.id == ticket.id } }
            ?? LanePlace(
                ticket: ticket, position: lane.waitingCount, wait: nil, reason: lane.halt ?? "others are before it")
    }

    // MARK: Watches

    /// The ticket's state once it is no longer a place in the queue other than `known`, or after `limit`.
    func next(_ id: String, known: Int?, within limit: Duration) async -> TicketState? {
        if let state = state(id) {
            guard case .waiting(let place) = state, place.position == known || known == nil else { return state }
        } else {
            return nil
        }
        guard !isStopped else { return nil }
        nextWatch += 1
        let number = nextWatch
        let timer = Task {
            try? await Task.sleep(for: limit)
            self.expire(id, number)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                watches[id, default: [:]][number] = Watch(known: known, continuation: continuation)
            }
        } onCancel: {
            Task { await self.expire(id, number) }
        }
    }

    private func expire(_ id: String, _ number: UInt64) {
        guard let watch = watches[id]?.removeValue(forKey: number) else { return }
        if watches[id]?.isEmpty == true { watches[id] = nil }
        watch.continuation.resume(returning: state(id))
    }

    func answer(_ id: String, _ state: TicketState?) {
        for watch in (watches.removeValue(forKey: id) ?? [:]).values { watch.continuation.resume(returning: state) }
    }

    /// Tells those whose place is another one now.
    private func tellPlaces() {
        guard !watches.isEmpty else { return }
        for place in published.withLock({ $0.queue }) {
            guard let waiting = watches[place.ticket.id] else { continue }
            for (number, watch) in waiting where watch.known != nil && watch.known != place.position {
                watches[place.ticket.id]?[number] = nil
                watch.continuation.resume(returning: .waiting(place))
            }
            if watches[place.ticket.id]?.isEmpty == true { watches[place.ticket.id] = nil }
        }
    }
}

/// The folder of the lane's journal can't be used.
package struct LaneFolderError: Error, Hashable, Sendable {
    /// What and why.
    package var sentence: String
}
