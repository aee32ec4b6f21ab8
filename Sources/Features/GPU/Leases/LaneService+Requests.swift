import Glibc

/// What may be asked of the lane.
extension LaneService {
    /// Why a question about a lease can't be answered.
    package enum Refusal: Error, Hashable, Sendable {
        case unknown
        case notHeld
        case noProcess(Int32)
        case notMarked(Int32)
        /// Its environment is closed to the server, so that it can't be told whether it carries the lease.
        case unreadable(Int32)
        /// It can't be looked at now, and why.
        case unseen(Int32, String)
        case noCard(String)
    }

    // MARK: In this process

    /// Waits for cards. `onPlace` is told each new place in the queue; cancelling the task gives the place up.
    /// Whoever gets a lease tells `started`, and `release` at its end.
    package func acquire(
        _ ticket: GPUTicket, onPlace: @escaping @Sendable (LanePlace) -> Void = { _ in }
    ) async throws(LaneRefusal) -> GPULease {
        own.insert(ticket.id)
        var state: TicketState? = submit(ticket)
        while true {
            // It may have ended since whoever waits was woken.
            if case .granted = state { state = self.state(ticket.id) }
            switch state {
            case .granted(let lease):
                guard !Task.isCancelled else {
                    end(lease.id, .released)
                    throw LaneRefusal(.cancelled, "Whoever waited has gone.")
                }
                return lease
            case .refused(let refusal):
                forget(ticket.id)
                throw refusal
            case .ending(_, let end), .ended(_, let end):
                forget(ticket.id)
                throw LaneRefusal(.cancelled, "The lease ended before it was used: \(end.sentence).")
            case .waiting(let place):
                onPlace(place)
                if Task.isCancelled { cancel(ticket.id, reason: "Whoever waited has gone.") }
                state = await next(ticket.id, known: place.position, within: .seconds(30))
                if Task.isCancelled { cancel(ticket.id, reason: "Whoever waited has gone.") }
            case nil:
                cancel(ticket.id, reason: "The lane was stopped.")
                forget(ticket.id)
                throw LaneRefusal(.cancelled, "The lane was stopped.")
            }
        }
    }

    /// The process `pid` of this machine holds the lease from now on.
    package func started(_ lease: GPULease, pid: Int32) async throws(Refusal) {
        try await started(lease.id, pid: pid, mustBeMarked: false)
    }

    /// Whoever held it is done: what is left of the process tree is ended, then the cards are handed on.
    package func release(_ lease: GPULease) { end(lease.id, .released) }

    // MARK: From outside

    /// Joins the queue; the same id again gives what became of it.
    package func submit(_ ticket: GPUTicket) -> TicketState {
        if let known = state(ticket.id) {
            heard(of: ticket.id)
            return known
        }
        var ticket = ticket
        ticket.patience = ticket.patience ?? settings.patience?.seconds
        if let refusal = refusalWithoutCards() {
            forget(ticket.id)
            tell(.refused(ticket, refusal))
            remember(ticket, .refused(refusal))
            return .refused(refusal)
        }
        lane.submit(ticket, now: LaneClock.now)
        carryOut()
        if lane.waiting(ticket.id) != nil { save(ticket) }
        heard(of: ticket.id)
        return state(ticket.id) ?? .refused(LaneRefusal(.cancelled, "The lane lost the ticket; ask again."))
    }

    /// Whoever waits with this ticket is there.
    private func heard(of id: String) {
        if lane.waiting(id) != nil { asked[id] = LaneClock.now }
    }

    /// Why nobody gets anything where no card is in sight; nil if one is, or may yet be.
    func refusalWithoutCards() -> LaneRefusal? {
        guard lane.cards.isEmpty, let absence else { return nil }
        return LaneRefusal(.impossible, "This machine's GPUs can't be handed out. " + absence.sentence)
    }

    /// How the ticket stands: at once if it waits at another place than `known` or no longer, else after `limit`.
    package func state(_ id: String, known: Int?, within limit: Duration) async -> TicketState? {
        heard(of: id)
        return await next(id, known: known, within: limit)
    }

    /// How the ticket stands now; nil: nothing is known of it.
    package func state(_ id: String) -> TicketState? {
        if let lease = lane.lease(id)?.lease { return lane.ending(id).map { .ending(lease, $0) } ?? .granted(lease) }
        guard let ticket = lane.waiting(id) else { return past[id] }
        return .waiting(place(of: ticket))
    }

    /// The process `pid` holds the lease from now on; it has to carry the lease in its environment if `mustBeMarked`.
    package func started(_ id: String, pid: Int32, mustBeMarked: Bool) async throws(Refusal) {
        guard let known = lane.lease(id), !known.isEnding else { throw .notHeld }
        guard let process = try await find(pid) else {
            // It was so short that it is over already.
            if !mustBeMarked { return end(id, .exited) }
            throw .noProcess(pid)
        }
        if mustBeMarked { try await check(process, carries: known.lease) }
        guard let known = lane.lease(id), !known.isEnding else { throw .notHeld }
        lane.started(id, holder: process, now: LaneClock.now)
        trees[id]?.begin(process)
        if let lease = lane.lease(id)?.lease { save(lease) }
    }

    /// The process `pid`; nil if there is none that isn't over.
    private func find(_ pid: Int32) async throws(Refusal) -> GPUProcess? {
        let begin = LaneClock.now
        while true {
            switch processes.look(pid) {
            case .there(let entry): return entry.isOver ? nil : GPUProcess(pid: pid, started: entry.started)
            case .gone: return nil
            case .closed: throw .unreadable(pid)
            case .unknown(let code):
                guard LaneClock.now - begin < 5 else { throw .unseen(pid, String(cString: strerror(code))) }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// While a process is replaced by another program it shows its parent's environment for an instant and then none
    /// until that program is loaded, which takes long where many wait for the disk or the processor. One whose
    /// environment is closed to the server will do if it descends from the process that waited.
    private func check(_ process: GPUProcess, carries lease: GPULease) async throws(Refusal) {
        let begin = LaneClock.now
        while processes.life(of: process) != .gone {
            let (patience, refusal): (Double, Refusal)
            switch processes.mark(of: process.pid) {
            case .there(.lease(lease.id)): return
            case .closed where descends(process, from: lease.ticket.waiter): return
            case .there(.bare): (patience, refusal) = (5, .notMarked(process.pid))
            case .closed: (patience, refusal) = (0.1, .unreadable(process.pid))
            case .unknown(let code): (patience, refusal) = (5, .unseen(process.pid, String(cString: strerror(code))))
            case .there, .gone: (patience, refusal) = (0.1, .notMarked(process.pid))
            }
            guard LaneClock.now - begin < patience else { throw refusal }
            try? await Task.sleep(for: .milliseconds(2))
        }
        throw .noProcess(process.pid)
    }

    private func descends(_ process: GPUProcess, from waiter: GPUProcess?) -> Bool {
        waiter.map { processes.ancestors(of: process.pid).contains($0) } ?? false
    }

    /// Gives up a place in the queue.
    package func cancel(_ id: String, reason: String) {
        lane.cancel(id, reason: reason, now: LaneClock.now)
        carryOut()
    }

    /// Ends a lease.
    package func end(_ id: String, _ reason: LeaseEnd) {
        lane.end(id, reason, now: LaneClock.now)
        carryOut()
        clear(now: LaneClock.now)
        carryOut()
        guard clearings[id] != nil else { return }
        // Most trees are gone in no time: sooner than the next beat.
        Task {
            for _ in 0..<10 where clearings[id] != nil {
                try? await Task.sleep(for: .milliseconds(15))
                clear(now: LaneClock.now)
                carryOut()
            }
        }
    }

    /// The ticket with this id: waiting, granted or, of late, ended.
    package func ticket(_ id: String) -> GPUTicket? {
        if let ticket = lane.lease(id)?.lease.ticket ?? lane.waiting(id) { return ticket }
        return pastTickets[id]
    }

    /// Whether the id is of a lease.
    package func isHeld(_ id: String) -> Bool { lane.lease(id) != nil }

    /// The process `pid` of this machine as one that waits; nil where there is none, or it is one that can't: the first
    /// process, this one, or one that this one runs beneath.
    package static func waiter(_ pid: Int32) -> GPUProcess? { Processes().waiter(pid) }

    /// The ids of leases and tickets that begin with `prefix`.
    package func ids(beginning prefix: String) -> [String] {
        (lane.leases.map(\.lease.id) + lane.tickets.map(\.id)).filter { $0.hasPrefix(prefix) }
    }

    /// Nothing new goes onto a card, or again; `name` is its number or uuid.
    package func drain(_ name: String, _ isDrained: Bool) throws(Refusal) -> GPUCard {
        let cards = lane.cards.map(\.card)
        guard let card = cards.first(where: { $0.isCalled(name) }) else {
            throw .noCard(name)
        }
        lane.drain(card.uuid, isDrained, now: LaneClock.now)
        saveMemory()
        carryOut()
        return card
    }
}
