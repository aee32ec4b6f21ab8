internal import NIOCore

/// Calls that wait, served fairly between their callers: start-time fair queueing (Goyal, Vin and Cheng, 1996), a round robin
/// that goes by measured cost. Each caller has a lane; the lane that has had the least work is served next. A caller that sends
/// a thousand calls waits behind its own, and one that sends expensive ones gets as many seconds as the others, not as many
/// calls.
struct FairQueue {
    /// The waiting calls of one caller, first come, first served.
    final class Lane {
        let caller: UInt64
        fileprivate(set) var calls = CircularBuffer<Call>(initialCapacity: 4)
        /// The virtual time at which its first call starts: the work that it has had, in microseconds.
        fileprivate var start: Double
        /// Which of two lanes with the same start goes first: the one that began to wait, or was served, earlier.
        fileprivate var turn = 0

        fileprivate init(caller: UInt64, start: Double) {
            self.caller = caller
            self.start = start
        }

        fileprivate func precedes(_ other: Lane) -> Bool {
            start == other.start ? turn < other.turn : start < other.start
        }
    }

    /// Lanes with waiting calls, as a heap: the first one is served next.
    private(set) var lanes: [Lane] = []
    /// All lanes that have had work since the queue was empty.
    private var known: [UInt64: Lane] = [:]
    /// The start of the call that was served last.
    private var clock: Double = 0
    private var turns = 0
    /// Calls that wait.
    private(set) var count = 0

    /// What a call of a script that nobody has measured yet is taken to cost, microseconds.
    private static let unmeasured: Double = 1000
    /// Lanes without waiting calls that are remembered.
    private static let memory = 1024

    /// Whether no call waits.
    var isEmpty: Bool { count == 0 }

    /// The call that is served next.
    var first: Call? { lanes.first?.calls.first }

    /// Calls of this caller that wait.
    func count(of caller: UInt64) -> Int { known[caller]?.calls.count ?? 0 }

    /// How many calls are such.
    func count(where isSuch: (Call) -> Bool) -> Int {
        lanes.reduce(0) { $0 + $1.calls.count(where: isSuch) }
    }

    /// Calls body with each call.
    func forEach(_ body: (Call) -> Void) {
        for lane in lanes { lane.calls.forEach(body) }
    }

    /// The call that is served next of those that are such.
    func first(where isSuch: (Call) -> Bool) -> Call? {
        if let call = first, isSuch(call) { return call }
        var best: (lane: Lane, call: Call)?
        for lane in lanes where best.map({ lane.precedes($0.lane) }) ?? true {
            if let call = lane.calls.first(where: isSuch) { best = (lane, call) }
        }
        return best?.call
    }

    // MARK: Changes

    /// The call waits behind those of its caller.
    mutating func append(_ call: Call) {
        let lane = lane(of: call)
        lane.calls.append(call)
        count += 1
        if lane.calls.count == 1 { begin(lane) }
    }

    /// A call that was served and came back: it is the first of its caller again, which hasn't had its work.
    mutating func prepend(_ call: Call) {
        let lane = lane(of: call)
        lane.calls.prepend(call)
        count += 1
        lane.start = max(0, lane.start - Self.cost(call))
        lane.turn = 0
        if lane.calls.count == 1 {
            push(lane)
        } else if let index = lanes.firstIndex(where: { $0 === lane }) {
            raise(index)
        }
    }

    /// Takes out the call that is served.
    mutating func serve(_ call: Call) {
        guard let index = lanes.first?.calls.first === call ? 0 : lanes.firstIndex(where: { $0.caller == call.flow }),
            let place = lanes[index].calls.firstIndex(where: { $0 === call })
        else { return }
        let lane = lanes[index]
        lane.calls.remove(at: place)
        count -= 1
        clock = max(clock, lane.start)
        lane.start += Self.cost(call)
        turns += 1
        lane.turn = turns
        if lane.calls.isEmpty { removeLane(at: index) } else { sink(index) }
        if count == 0 { forget() }
    }

    /// Takes out all calls that are such, without serving them.
    mutating func remove(where isSuch: (Call) -> Bool) -> [Call] {
        var removed: [Call] = []
        for lane in lanes where lane.calls.contains(where: isSuch) {
            removed += lane.calls.filter(isSuch)
            lane.calls.removeAll(where: isSuch)
        }
        guard !removed.isEmpty else { return [] }
        count -= removed.count
        let rest = lanes.filter { !$0.calls.isEmpty }
        lanes = []
        for lane in rest { push(lane) }
        if count == 0 { forget() }
        return removed
    }

    /// Takes out the call of the caller that came last.
    mutating func removeLast(of caller: UInt64) -> Call? {
        guard let lane = known[caller], let call = lane.calls.popLast() else { return nil }
        count -= 1
        if lane.calls.isEmpty, let index = lanes.firstIndex(where: { $0 === lane }) { removeLane(at: index) }
        if count == 0 { forget() }
        return call
    }

    // MARK: Lanes

    private static func cost(_ call: Call) -> Double {
        let profile = call.script.profile
        return profile.samples == 0 ? unmeasured : profile.estimate
    }

    private mutating func lane(of call: Call) -> Lane {
        if let lane = known[call.flow] { return lane }
        if known.count >= 2 * lanes.count + Self.memory { forgetIdle() }
        let lane = Lane(caller: call.flow, start: clock)
        known[call.flow] = lane
        return lane
    }

    /// A lane that had none has a waiting call: what it had before it counts, what it left to others doesn't.
    private mutating func begin(_ lane: Lane) {
        lane.start = max(lane.start, clock)
        turns += 1
        lane.turn = turns
        push(lane)
    }

    /// Nobody waits: there is nothing to be fair about any more.
    private mutating func forget() {
        known.removeAll(keepingCapacity: known.count <= Self.memory)
        clock = 0
        turns = 0
    }

    private mutating func forgetIdle() {
        known = known.filter { !$1.calls.isEmpty || $1.start > clock }
        if known.count >= 2 * lanes.count + Self.memory { known = known.filter { !$1.calls.isEmpty } }
    }

    // MARK: The heap

    private mutating func push(_ lane: Lane) {
        lanes.append(lane)
        raise(lanes.count - 1)
    }

    private mutating func removeLane(at index: Int) {
        let last = lanes.removeLast()
        guard index < lanes.count else { return }
        lanes[index] = last
        sink(index)
        raise(index)
    }

    private mutating func raise(_ index: Int) {
        var index = index
        while index > 0, lanes[index].precedes(lanes[(index - 1) / 2]) {
            lanes.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(_ index: Int) {
        var index = index
        while true {
            var least = index
            for child in 2 * index + 1...2 * index + 2 where child < lanes.count {
                if lanes[child].precedes(lanes[least]) { least = child }
            }
            guard least != index else { return }
            lanes.swapAt(index, least)
            index = least
        }
    }
}
