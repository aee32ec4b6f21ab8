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
            let now = LaneClock.now
            clearings[lease.id] = Clearing(since: now, due: now)
        case .ended(let lease, let reason): finish(lease, reason)
        }
    }

    private func grant(_ lease: GPULease) {
        do throws(LaneJournal.Errno) {
            try journal.save(lease)
        } catch {
            return takeBack(lease, error)
        }
        if isUnwritten { tell(.written) }
        isUnwritten = false
        journal.forgetTicket(lease.id)
        asked[lease.id] = nil
        trees[lease.id] = LeaseTree(lease, isNew: true)
        tell(.granted(lease, waited: max(lease.granted - lease.ticket.since, 0)))
        answer(lease.id, .granted(lease))
    }

    /// What isn't written down could be handed out twice after a crash: all wait until it can be.
    private func takeBack(_ lease: GPULease, _ error: LaneJournal.Errno) {
        let sentence = "\(journal.folder)/leases can't be written: \(error.text); no GPU is handed out until it can"
        if !isUnwritten { tell(.unwritten(sentence + ".")) }
        isUnwritten = true
        let now = LaneClock.now
        retries = now + 1
        lane.halt(sentence, now: now)
        lane.takeBack(lease.id)
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

    func forget(_ id: String) {
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
        let marks = content.leases.isEmpty ? [:] : look(since: 0)?.marks.leases ?? [:]
        var ended = 0
        for lease in content.leases {
            var lease = lease
            if lease.holder == nil { lease.holder = oldest(of: lease.id, marks) }
            lane.resume(lease, now: now)
            trees[lease.id] = LeaseTree(lease, isNew: false)
            if let holder = lease.holder, life(of: holder) == .gone {
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
