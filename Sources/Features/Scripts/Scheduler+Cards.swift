/// Calls that need GPU cards: each runs in a worker that holds them and nothing else.
extension Scheduler {
    /// To a worker that holds such cards for this caller and is idle, or into the lane.
    mutating func submitForCards(_ call: Call, now: UInt64) {
        if !isContended, let worker = keeper(for: call) { return assign(call, to: worker, now: now) }
        leasing.append(call)
        actions.append(.ask(call))
    }

    /// The lane granted the call's cards.
    mutating func granted(_ lease: CardLease, to call: Call, now: UInt64) {
        guard let index = leasing.firstIndex(where: { $0 === call }) else { return actions.append(.handBack(lease)) }
        leasing.remove(at: index)
        guard call.sink != nil, !isDraining, let worker = fork(.gpu, now: now) else {
            actions.append(.handBack(lease))
            let reason =
                isDraining ? "The server is stopping." : "Workers die as they start; the log has what they printed."
            return actions.append(.fail(call, .unavailable(reason)))
        }
        call.cardWait = now - min(now, call.submitted)
        call.deadline = now + call.allowance
        worker.lease = lease
        worker.reserved = call
    }

    /// The lane refused.
    mutating func refused(_ refusal: CardRefusal, to call: Call) {
        guard let index = leasing.firstIndex(where: { $0 === call }) else { return }
        leasing.remove(at: index)
        actions.append(.fail(call, .noCards(refusal)))
    }

    /// The server stops: calls that wait for cards won't run.
    mutating func leaveLane() {
        for call in leasing {
            actions.append(.withdraw(call))
            actions.append(.fail(call, .unavailable("The server is stopping.")))
        }
        leasing = []
    }

    /// Somebody waits for cards: those that nobody uses go back.
    mutating func recall(now: UInt64) {
        isContended = true
        for worker in workers where worker.role == .gpu { letGo(worker, now: now) }
    }

    /// Lets an idle worker with cards go if somebody waits for them, or when it was idle for long enough.
    mutating func letGo(_ worker: Worker, now: UInt64) {
        guard worker.isIdle, isContended || isDraining || now - min(now, worker.idleSince) >= limits.keep else {
            return
        }
        worker.state = .retiring
        actions.append(.retire(worker))
    }

    /// The worker is gone: its cards go back, and the call that it was started for asks again.
    mutating func endLease(of worker: Worker, status: Int32?) {
        guard let lease = worker.lease else { return }
        worker.lease = nil
        actions.append(.handBack(lease))
        guard let call = worker.reserved else { return }
        worker.reserved = nil
        settle(call, isRunning: false, hasBegun: false, failure: .crashed(status: status))
    }

    /// A call whose worker died before it ran.
    mutating func askAgain(_ call: Call) {
        leasing.append(call)
        actions.append(.ask(call))
    }

    /// An idle worker that holds what the call needs, for the same caller.
    private func keeper(for call: Call) -> Worker? {
        workers.first { worker in
            guard worker.role == .gpu, worker.isIdle, !worker.isStale, let want = worker.lease?.want else {
                return false
            }
            return want.demand == call.want?.demand && want.caller == call.want?.caller
        }
    }
}
