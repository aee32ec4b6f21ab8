/// Which barrier each thread of the block that runs waits at.
struct BarrierWatch {
    /// The first to arrive at a barrier, and where.
    struct Arrival: Hashable {
        var thread: Int
        var line: Int
    }

    private var block = -1
    /// The line where each waits; 0 where it doesn't.
    private(set) var waiting: [Int]
    private var passed: [Int]
    /// The first arrival at the n-th barrier of the block.
    private var first: [Int: Arrival] = [:]

    init(threads: Int) {
        waiting = Array(repeating: 0, count: threads)
        passed = waiting
    }

    mutating func enter(_ block: Int) {
        self.block = block
        for thread in waiting.indices { (waiting[thread], passed[thread]) = (0, 0) }
        first = [:]
    }

    /// The first arrival, where it is at another line.
    mutating func arrive(_ thread: Int, line: Int) -> Arrival? {
        waiting[thread] = max(1, line)
        guard let known = first[passed[thread]] else {
            first[passed[thread]] = Arrival(thread: thread, line: line)
            return nil
        }
        return known.line == line ? nil : known
    }

    mutating func pass(_ thread: Int) {
        waiting[thread] = 0
        first[passed[thread] - 1] = nil
        passed[thread] += 1
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
    package func reportStuckBarrier(block: Int) {
        guard let (waits, other) = barriers.split else { return }
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
    }
}
