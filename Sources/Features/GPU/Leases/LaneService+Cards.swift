/// Looking at the cards.
extension LaneService {
    /// Looks again and again until the task is cancelled.
    func watchCards() async {
        guard settings.enabled != .off else {
            absence = .off
            return
        }
        while !Task.isCancelled {
            var pause = settings.interval
            do throws(NVMLAbsence) {
                take(try await watcher.look(lacksCards: lane.cards.contains { $0.isLost || $0.isUnseen }))
            } catch {
                if absence != error { tell(.absent(error)) }
                absence = error
                refuseAll()
                pause = max(pause, .seconds(10))
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// Without a card in sight nobody waits in vain.
    private func refuseAll() {
        guard let refusal = refusalWithoutCards() else { return }
        for ticket in lane.tickets { lane.refuse(ticket.id, refusal, now: LaneClock.now) }
        carryOut()
    }

    private func take(_ sight: CardWatcher.Sight) {
        if looked == nil || absence != nil { tell(.present(driver: sight.driver, cards: sight.looks.map(\.card))) }
        absence = nil
        looked = sight.began
        driver = sight.driver
        for card in sight.unparted where !unparted.contains(card) { tell(.unparted(card)) }
        unparted = sight.unparted
        let foreign = foreign(in: sight)
        for look in sight.looks {
            let uuid = look.card.uuid
            readings[uuid] = look.reading
            if losses[uuid] == nil, let loss = look.loss { tell(.lost(look.card, loss)) }
            if losses[uuid] != nil, look.loss == nil { tell(.back(look.card)) }
            losses[uuid] = look.loss
            if let pids = foreign[uuid], pids != lane.card(uuid)?.foreign ?? [] { tell(.foreign(look.card, pids)) }
        }
        if sight.isComplete { tellGone(besides: sight.looks) }
        lane.see(
            sight.looks.map { Lane.Sighting($0.card, isLost: $0.loss != nil, foreign: foreign[$0.card.uuid]) },
            isComplete: sight.isComplete, now: LaneClock.now)
        carryOut()
        clear(now: LaneClock.now)
        carryOut()
        publish()
    }

    private func tellGone(besides looks: [NVML.Look]) {
        let seen = Set(looks.map(\.card.uuid))
        for gone in lane.cards where gone.card.part != nil && !gone.isLost && !seen.contains(gone.card.uuid) {
            tell(.gone(gone.card))
        }
    }

    /// Processes on each card that no lease on it accounts for. A card is left out if the look can't tell.
    private func foreign(in sight: CardWatcher.Sight) -> [String: [Int32]] {
        var found: [String: [Int32]] = [:]
        var seen: (table: ProcessTable, marks: ProcessTable.Marks)?
        for look in sight.looks {
            let uuid = look.card.uuid
            guard settings.foreign == .avoid, let pids = look.reading.processes else {
                if settings.foreign == .ignore { found[uuid] = [] }
                continue
            }
            guard !pids.isEmpty else {
                found[uuid] = strangers.among([], on: uuid, known: []) { _ in true }
                continue
            }
            guard sight.began > freed[uuid] ?? 0 else { continue }
            seen = seen ?? self.look(since: 0)
            guard let seen else { continue }
            var known: Set<Int32> = []
            for id in lane.card(uuid)?.leases ?? [] {
                known.formUnion((trees[id]?.members(in: seen.table, marks: seen.marks.leases) ?? []).map(\.pid))
            }
            let others = Set(pids).subtracting(known)
            guard !seen.marks.asleep.contains(where: { others.contains($0.pid) }) else { continue }
            found[uuid] = strangers.among(pids, on: uuid, known: known) { seen.table.entries[$0] != nil }
        }
        return found
    }
}
