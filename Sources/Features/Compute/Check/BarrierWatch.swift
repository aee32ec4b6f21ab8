/// Which barrier each thread of the block that runs waits at.
struct BarrierWatch {
    /// The first to arrive at a barrier, and where.
    struct Arrival: Hashable {
        var thread: Int
        var line: Int
    }

    /// The line where each waits; 0 where it doesn't.
    private(set) var waiting: [Int]
    /// The first arrival at the barrier that is being waited at.
    private var first: Arrival?

    init(threads: Int) { waiting = Array(repeating: 0, count: threads) }

    mutating func begin() { pass() }

    /// The first arrival, where it is at another line.
    mutating func arrive(_ thread: Int, line: Int) -> Arrival? {
        waiting[thread] = max(1, line)
        guard let known = first else {
            first = Arrival(thread: thread, line: line)
            return nil
        }
        return known.line == line ? nil : known
    }

    /// All have arrived.
    mutating func pass() {
        for thread in waiting.indices { waiting[thread] = 0 }
        first = nil
    }

    /// A thread that waits, with its line, and one that doesn't and never will.
    var split: (waiting: Arrival, other: Int)? {
        guard let waits = waiting.firstIndex(where: { $0 > 0 }), let other = waiting.firstIndex(of: 0) else {
            return nil
        }
        return (Arrival(thread: waits, line: waiting[waits]), other)
    }

    var waitingCount: Int { waiting.count { $0 > 0 } }
}

extension Detectors {
    var hasBarrierFinding: Bool { collector.contains(.divergentBarrier) }

    func reportMismatch(_ block: Int, _ thread: Int, _ line: Int, _ first: BarrierWatch.Arrival) {
        let (low, high) =
            line < first.line
            ? ((thread, line), (first.thread, first.line)) : ((first.thread, first.line), (thread, line))
        let key = FindingCollector.Key(kind: .divergentBarrier, site: -2 - low.1, other: -2 - high.1, region: -1)
        collector.add(key, .error) {
            Finding(
                .divergentBarrier, .error, at: context.place(line: low.1), other: context.place(line: high.1),
                threads: [context.thread(block, low.0), context.thread(block, high.0)],
                message:
                    "\(context.thread(block, low.0)) waits at this barrier, \(context.thread(block, high.0)) at the one "
                    + "of line \(high.1): all threads of a block must come to the same one; take the barrier out of "
                    + "the branch.")
        }
    }

    /// The launch ended because threads waited for others that never came.
    ///
    /// - Returns: whether it was so.
    @discardableResult package func reportStuckBarrier() -> Bool {
        guard !hasBarrierFinding, let (waits, other) = barriers.split else { return false }
        let key = FindingCollector.Key(kind: .divergentBarrier, site: -2 - waits.line, other: -1, region: -1)
        collector.add(key, .error) {
            let threads = context.shape.block.count
            return Finding(
                .divergentBarrier, .error, at: context.place(line: waits.line),
                threads: [context.thread(block, waits.thread), context.thread(block, other)],
                message: "\(barriers.waitingCount) of the \(threads) threads of block "
                    + "\(context.thread(block, 0).blockText) wait here (the first is thread "
                    + "\(context.thread(block, waits.thread).threadText)), and thread "
                    + "\(context.thread(block, other).threadText) ended without coming: on a GPU this hangs or is "
                    + "undefined; let every thread reach the barrier, and put the condition around the work instead.")
        }
        return true
    }
}
