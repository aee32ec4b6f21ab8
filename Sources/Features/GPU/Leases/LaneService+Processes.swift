import Glibc

/// The processes of leases.
extension LaneService {
    /// Whether a process runs; that it can't be told is told at the next beat.
    func life(of process: GPUProcess) -> Processes.Life {
        let life = processes.life(of: process)
        if case .unknown(let code) = life { trouble = String(cString: strerror(code)) }
        return life
    }

    /// All processes, and the leases that those carry which began at `ticks` or later; nil where that can't be told now.
    func look(since ticks: UInt64) -> (table: ProcessTable, marks: ProcessTable.Marks)? {
        do throws(ProcessTable.Unreadable) {
            let table = try ProcessTable(processes)
            return (table, try table.marks(since: ticks))
        } catch {
            trouble = error.text
            return nil
        }
    }

    /// Ends the leases whose holder is over; takes up those whose holder runs and was never reported.
    func checkHolders(now: Double) {
        var marks: [Int32: String]?
        for lease in lane.leases where lease.phase != "ending" {
            let id = lease.lease.id
            if lease.phase == "held" {
                if let tree = trees[id], (tree.root.map { life(of: $0) } ?? .gone) == .gone {
                    lane.end(id, .exited, now: now)
                }
            } else {
                // Whoever waited may have gone before it started anything.
                let isAbandoned = lease.lease.ticket.waiter.map { life(of: $0) == .gone } ?? false
                let age = now - lease.lease.granted
                guard age > (isAbandoned ? 2 : lane.policy.startPatience * 0.8) else { continue }
                marks = marks ?? look(since: 0)?.marks.leases
                guard let marks else { return }
                if let process = oldest(of: id, marks) {
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

    func oldest(of lease: String, _ marks: [Int32: String]) -> GPUProcess? {
        marks.filter { $0.value == lease }.keys.compactMap { processes.process($0) }.min {
            ($0.started, $0.pid) < ($1.started, $1.pid)
        }
    }

    // MARK: The end

    /// Ends what is left of trees: SIGTERM, after the grace SIGKILL, again and again. What is gone is reported. Where
    /// processes can't be looked at nothing is done: none of them may be taken for gone.
    func clear(now: Double) {
        let due = clearings.filter { $0.value.due <= now }
        guard !due.isEmpty else { return }
        let since = due.keys.map { trees[$0]?.since ?? 0 }.min() ?? 0
        guard let (table, marks) = look(since: since) else { return }
        let doubtful = doubtful(marks, table, since: since, now: now)
        for (id, var clearing) in due {
            let rest = trees[id]?.members(in: table, marks: marks.leases) ?? []
            clearing.due = now + clearing.pause(now: now)
            guard rest.isEmpty else {
                clearing.doubts = nil
                signal(rest, &clearing, now: now)
                report(id, &clearing, rest, now: now)
                clearings[id] = clearing
                continue
            }
            // Later ones can't be of a tree of which nobody is left but these.
            clearing.doubts = (clearing.doubts ?? doubtful).intersection(doubtful)
            clearings[id] = clearing.doubts == [] ? nil : clearing
            if clearings[id] == nil { lane.cleared(id, now: now) }
        }
        // Who is silent at the next end is so anew.
        if clearings.isEmpty { silentSince = [:] }
    }

    /// Processes of which it can't be said yet whether they are of a tree. One that shows no environment for a second has
    /// none; before, it may be on its way into another program. One that is asleep is given ten.
    private func doubtful(
        _ marks: ProcessTable.Marks, _ table: ProcessTable, since: UInt64, now: Double
    ) -> Set<GPUProcess> {
        let silent = marks.bare.union(marks.asleep)
        silentSince = silentSince.filter {
            table.isAlive($0.key) && ($0.key.started < since || silent.contains($0.key))
        }
        for process in silent where silentSince[process] == nil { silentSince[process] = now }
        return silent.filter { now - (silentSince[$0] ?? now) < (marks.asleep.contains($0) ? 10 : 1) }
    }

    private func signal(_ rest: [GPUProcess], _ clearing: inout Clearing, now: Double) {
        let isOver = now - clearing.since > settings.grace.seconds
        guard isOver || !clearing.isAsked else { return }
        var isAsked = true
        for process in rest {
            isAsked = LeaseTree.send(isOver ? SIGKILL : SIGTERM, to: process, in: processes) && isAsked
            if !isOver { _ = LeaseTree.send(SIGCONT, to: process, in: processes) }
        }
        clearing.isAsked = isAsked
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
}

extension LaneService.Clearing {
    /// Seconds until its processes are looked at again: most trees are gone in no time, and what stays may stay for good.
    func pause(now: Double) -> Double {
        if isStuck { return 2 }
        return now - since < LaneService.haste ? 0 : 0.2
    }
}
