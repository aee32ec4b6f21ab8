/// What becomes of a call for which the queue has no room.
extension Scheduler {
    /// Makes room for `call` at the cost of whoever has the most calls waiting, unless that is its own caller.
    /// - Returns: whether there is room now.
    mutating func makeRoom(for call: Call) -> Bool {
        var waiting: [UInt64: Int] = [:]
        for queue in [quick, slow, computing] {
            for lane in queue.lanes { waiting[lane.caller, default: 0] += lane.calls.count }
        }
        for other in leasing { waiting[other.flow, default: 0] += 1 }
        guard let most = waiting.max(by: { $0.value < $1.value }), most.value > waiting[call.flow, default: 0] + 1
        else {
            return false
        }
        guard let last = removeLast(of: most.key) else { return false }
        if last.sink != nil { actions.append(.fail(last, .overloaded)) }
        return true
    }

    /// Takes out the caller's last call where it has the most.
    private mutating func removeLast(of caller: UInt64) -> Call? {
        let counts = [quick, slow, computing].map { $0.count(of: caller) }
        let inLane = leasing.count { $0.flow == caller }
        if inLane > counts.max() ?? 0, let index = leasing.lastIndex(where: { $0.flow == caller }) {
            let call = leasing.remove(at: index)
            actions.append(.withdraw(call))
            return call
        }
        if counts[0] >= counts[1], counts[0] >= counts[2] { return quick.removeLast(of: caller) }
        return counts[1] >= counts[2] ? slow.removeLast(of: caller) : computing.removeLast(of: caller)
    }
}
