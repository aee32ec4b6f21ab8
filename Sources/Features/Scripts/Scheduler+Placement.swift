/// Packing: where a call goes, by the class of its script.
extension Scheduler {
    /// Puts waiting calls where there is room.
    mutating func pump(now: UInt64) {
        while let call = quick.first, place(call, now: now) { quick.serve(call) }
        pumpSlow(now: now)
        while let call = computing.first, place(call, now: now) { computing.serve(call) }
        if !quick.isEmpty { growIfNeeded(.quick, now: now) }
        if !slow.isEmpty { growIfNeeded(.waiting, now: now) }
        if !computing.isEmpty { growIfNeeded(.computing, now: now) }
    }

    /// Slow calls may pass those that wait for their script's first measurement.
    private mutating func pumpSlow(now: UInt64) {
        while let call = slow.first(where: { !isHeldBack($0, now: now) }), place(call, now: now) { slow.serve(call) }
    }

    /// Whether the call waits for the first measurement of its script: others are finding out already.
    private func isHeldBack(_ call: Call, now: UInt64) -> Bool {
        guard call.placedAs == .unknown else { return false }
        let allowed = 2 << min(10, (now - min(now, call.submitted)) / limits.patience)
        var trials = 0
        for worker in workers {
            for other in worker.calls where other.script === call.script && other.placedAs == .unknown { trials += 1 }
        }
        return trials >= allowed
    }

    /// Gives the call to a worker if one has room. A call that nobody waits for counts as placed.
    mutating func place(_ call: Call, now: UInt64) -> Bool {
        guard call.sink != nil else { return true }
        let worker: Worker? =
            switch call.placedAs {
            case .quick: primary(for: call, now: now)
            case .unknown: isHeldBack(call, now: now) ? nil : idle(.overflow, for: call)
            case .waiting: idle(.overflow, for: call)
            case .computing: idle(.computing, for: call)
            }
        guard let worker else { return false }
        assign(call, to: worker, now: now)
        return true
    }

    mutating func assign(_ call: Call, to worker: Worker, now: UInt64) {
        let isCold = !worker.loaded.contains(ObjectIdentifier(call.script))
        call.estimate = isCold ? limits.pack : call.script.profile.estimate
        if isCold { worker.loaded.insert(ObjectIdentifier(call.script)) }
        if worker.calls.isEmpty { worker.headSince = now }
        worker.calls.append(call)
        worker.backlog += call.estimate
        call.worker = worker
        call.sent = now
        actions.append(.send(call, worker))
    }

    /// The first primary with room for the call. Packing beats spreading: a worker that is awake takes
    /// another quick call for a fraction of a wake-up.
    private func primary(for call: Call, now: UInt64) -> Worker? {
        var allStall = true
        let cost = call.script.profile.estimate
        for worker in workers where worker.role == .primary && worker.state == .ready && !worker.isStale {
            if worker.calls.isEmpty { return worker }
            if worker.isPoked || now - min(now, worker.headSince) > limits.stall { continue }
            allStall = false
            if worker.backlog + cost <= limits.pack, !worker.calls[0].hasBegunAnswer { return worker }
        }
        return allStall ? idle(.overflow, for: call) : nil
    }

    /// An idle worker, at best one that has the script loaded.
    private func idle(_ role: Worker.Role, for call: Call) -> Worker? {
        var found: Worker?
        for worker in workers where worker.role == role && worker.isIdle && !worker.isStale {
            if worker.loaded.contains(ObjectIdentifier(call.script)) { return worker }
            if found == nil { found = worker }
        }
        return found
    }

    /// Whether calls of the same queue wait already, so that this one may not overtake them.
    func hasWaiting(like call: Call) -> Bool {
        switch call.placedAs {
        case .quick: !quick.isEmpty
        case .unknown, .waiting: !slow.isEmpty
        case .computing: !computing.isEmpty
        }
    }

    mutating func enqueue(_ call: Call) {
        switch call.placedAs {
        case .quick: quick.append(call)
        case .unknown, .waiting: slow.append(call)
        case .computing: computing.append(call)
        }
    }

    /// Back to the front of its queue, by what is known of its script now.
    mutating func requeue(_ call: Call) {
        call.worker = nil
        guard call.sink != nil else { return }
        call.sent = 0
        if call.want != nil { return askAgain(call) }
        call.placedAs = call.script.profile.scriptClass
        switch call.placedAs {
        case .quick: quick.prepend(call)
        case .unknown, .waiting: slow.prepend(call)
        case .computing: computing.prepend(call)
        }
    }

    /// Overflow workers that the queue of slow calls wants now.
    private func demand(now: UInt64) -> Int {
        slow.count { !isHeldBack($0, now: now) }
    }

    /// The first measurement of a script is there: its waiting calls queue by it.
    mutating func reclassify(_ script: Script) {
        for call in slow.remove(where: { $0.script === script && $0.placedAs == .unknown }) {
            call.placedAs = script.profile.scriptClass
            enqueue(call)
        }
    }

    /// Forks what the queue of this class needs.
    mutating func growIfNeeded(_ scriptClass: ScriptClass, now: UInt64) {
        guard !isDraining else { return }
        switch scriptClass {
        case .quick:
            if count(.primary, .starting) == 0 { fork(.primary, now: now) }
        case .unknown, .waiting:
            for _ in 0..<max(0, demand(now: now) - count(.overflow, .starting)) {
                guard count(.overflow) < limits.overflow else { break }
                fork(.overflow, now: now)
            }
        case .computing:
            for _ in 0..<max(0, computing.count - count(.computing, .starting)) {
                guard count(.computing) < limits.computing else { break }
                fork(.computing, now: now)
            }
        }
    }
}
