import Glibc

/// Carrying out what the lane decided.
extension LaneService {
    /// Empties the lane's actions.
    func carryOut() {
        while !lane.actions.isEmpty {
            let actions = lane.actions
            lane.actions = []
            for action in actions { carryOut(action) }
        }
    }

    private func carryOut(_ action: LaneAction) {
        switch action {
        case .granted(let lease): grant(lease)
        case .refused(let ticket, let refusal):
            journal.forgetTicket(ticket.id)
            forget(ticket.id)
            remember(ticket, .refused(refusal))
            tell(.refused(ticket, refusal))
            answer(ticket.id, .refused(refusal))
        case .clear(let lease, _):
            trees[lease.id] = trees[lease.id] ?? LeaseTree(lease, isNew: false)
            clearings[lease.id] = Clearing(since: LaneClock.now)
        case .ended(let lease, let reason): finish(lease, reason)
        }
    }

    private func grant(_ lease: GPULease) {
        do throws(LaneJournal.Errno) {
            try journal.save(lease)
        } catch {
            // What isn't written down could be handed out twice after a crash.
            tell(.unwritten("\(journal.folder)/leases can't be written: \(error.text); no GPU is handed out."))
            lane.end(lease.id, .unused, now: LaneClock.now)
            return
        }
        journal.forgetTicket(lease.id)
        asked[lease.id] = nil
        trees[lease.id] = LeaseTree(lease, isNew: true)
        tell(.granted(lease, waited: max(lease.granted - lease.ticket.since, 0)))
        answer(lease.id, .granted(lease))
    }

    private func finish(_ lease: GPULease, _ reason: LeaseEnd) {
        journal.forgetLease(lease.id)
        forget(lease.id)
        trees[lease.id] = nil
        clearings[lease.id] = nil
        let now = LaneClock.now
        for card in lease.cards { freed[card] = now }
        saveMemory()
        remember(lease.ticket, .ended(lease, reason))
        tell(.ended(lease, reason, lasted: max(now - lease.granted, 0)))
        answer(lease.id, .ended(lease, reason))
    }

    private func forget(_ id: String) {
        own.remove(id)
        asked[id] = nil
    }

    /// Keeps what became of the last thousand.
    func remember(_ ticket: GPUTicket, _ state: TicketState) {
        pastTickets[ticket.id] = ticket
        if past.updateValue(state, forKey: ticket.id) == nil { pastOrder.append(ticket.id) }
        guard pastOrder.count > 1000 else { return }
        let oldest = pastOrder.removeFirst()
        past[oldest] = nil
        pastTickets[oldest] = nil
    }

    func save(_ ticket: GPUTicket) {
        guard !own.contains(ticket.id) else { return }
        do throws(LaneJournal.Errno) { try journal.save(ticket) } catch {
            tell(.unwritten("\(journal.folder)/tickets can't be written: \(error.text); a restart loses places."))
        }
    }

    func save(_ lease: GPULease) {
        do throws(LaneJournal.Errno) { try journal.save(lease) } catch {
            tell(.unwritten("\(journal.folder)/leases can't be written: \(error.text)."))
        }
    }

    func saveMemory() {
        let memory = LaneJournal.Memory(accounts: lane.accounts, drained: lane.drained, expected: lane.expected)
        do throws(LaneJournal.Errno) { try journal.save(memory) } catch {
            tell(.unwritten("\(journal.folder)/lane.json can't be written: \(error.text)."))
        }
    }

    // MARK: Processes

    /// Ends the leases whose holder is over; takes up those whose holder runs and was never reported.
    func checkHolders(now: Double) {
        for lease in lane.leases where lease.phase != "ending" {
            let id = lease.lease.id
            if lease.phase == "held" {
                if trees[id]?.isHeld == false { lane.end(id, .exited, now: now) }
            } else {
                // Whoever waited may have gone before it started anything.
                let isAbandoned = lease.lease.ticket.waiter.map { !ProcessTable.isAlive($0) } ?? false
                let age = now - lease.lease.granted
                guard age > (isAbandoned ? 2 : lane.policy.startPatience * 0.8) else { continue }
                if let process = Self.oldest(of: id, ProcessTable().marks(since: 0).leases) {
                    begin(id, process, now: now)
                } else if isAbandoned {
                    lane.end(id, .unused, now: now)
                }
            }
        }
    }

    private func begin(_ id: String, _ process: GPUProcess, now: Double) {
        lane.started(id, holder: process, now: now)
        trees[id]?.begin(process)
        if let lease = lane.lease(id)?.lease { save(lease) }
    }

    private static func oldest(of lease: String, _ marks: [Int32: String]) -> GPUProcess? {
        marks.filter { $0.value == lease }.keys.compactMap { ProcessTable.process($0) }.min {
            ($0.started, $0.pid) < ($1.started, $1.pid)
        }
    }

    /// Ends what is left of trees: SIGTERM, after the grace SIGKILL, again and again. What is gone is reported.
    func clear(now: Double) {
        guard !clearings.isEmpty else { return }
        let table = ProcessTable()
        let since = clearings.keys.map { trees[$0]?.since ?? 0 }.min() ?? 0
        let (marks, bare) = table.marks(since: since)
        bareSince = bareSince.filter { table.isAlive($0.key) && ($0.key.started < since || bare.contains($0.key)) }
        for process in bare where bareSince[process] == nil { bareSince[process] = now }
        // One that shows no environment for a second has none; before, it may be on its way into another program.
        let doubtful = bare.filter { now - (bareSince[$0] ?? now) < 1 }
        for (id, var clearing) in clearings {
            let rest = trees[id]?.members(in: table, marks: marks) ?? []
            guard !rest.isEmpty else {
                // Later ones can't be of a tree of which nobody is left but these.
                let doubts = (clearing.doubts ?? doubtful).intersection(doubtful)
                guard doubts.isEmpty else {
                    clearing.doubts = doubts
                    clearings[id] = clearing
                    continue
                }
                clearings[id] = nil
                lane.cleared(id, now: now)
                continue
            }
            clearing.doubts = nil
            let isOver = now - clearing.since > settings.grace.seconds
            if isOver || !clearing.isTold {
                for process in rest {
                    LeaseTree.send(isOver ? SIGKILL : SIGTERM, to: process)
                    if !isOver { LeaseTree.send(SIGCONT, to: process) }
                }
            }
            report(id, &clearing, rest, now: now)
            clearings[id] = clearing
        }
    }

    private func report(_ id: String, _ clearing: inout Clearing, _ rest: [GPUProcess], now: Double) {
        guard let lease = lane.lease(id)?.lease else { return }
        if !clearing.isTold {
            clearing.isTold = true
            tell(.clearing(lease, lane.ending(id) ?? .exited, processes: rest.count))
        }
        if !clearing.isStuck, now - clearing.since > settings.grace.seconds + 10 {
            clearing.isStuck = true
            tell(.stuck(lease, pids: rest.map(\.pid).sorted()))
        }
    }

    // MARK: The start

    /// Takes up what the journal holds. Whoever lets others ask the lane does this first: a lease that isn't loaded yet would
    /// seem to have ended.
    package func load() {
        guard !isLoaded else { return }
        isLoaded = true
        let content = journal.load()
        let now = LaneClock.now
        lane.resume(accounts: content.memory.accounts, expected: content.memory.expected, now: now)
        for card in content.memory.drained { lane.drain(card, true, now: now) }
        let marks = content.leases.isEmpty ? [:] : ProcessTable().marks(since: 0).leases
        var ended = 0
        for lease in content.leases {
            var lease = lease
            if lease.holder == nil { lease.holder = Self.oldest(of: lease.id, marks) }
            lane.resume(lease, now: now)
            trees[lease.id] = LeaseTree(lease, isNew: false)
            if let holder = lease.holder, !ProcessTable.isAlive(holder) {
                ended += 1
                lane.end(lease.id, .exited, now: now)
            }
        }
        for ticket in content.tickets {
            asked[ticket.id] = now
            lane.resume(ticket)
        }
        if !content.leases.isEmpty || !content.tickets.isEmpty || content.dropped > 0 {
            tell(
                .resumed(
                    leases: content.leases.count - ended, ended: ended, tickets: content.tickets.count,
                    dropped: content.dropped))
        }
        carryOut()
        clear(now: now)
        carryOut()
    }
}
