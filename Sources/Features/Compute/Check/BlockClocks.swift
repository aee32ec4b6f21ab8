/// What is before what among the threads of the block that runs: barriers part the whole block, `__syncwarp` the lanes
/// of a warp (a vector clock a warp, as in happens-before detectors).
struct BlockClocks {
    private var block = -1
    private var epochs: [UInt32]
    /// `clocks[thread * 32 + lane]`: what `thread` knows of that lane of its warp.
    private var clocks: [UInt32]
    /// What lanes knew when they arrived at a warp's synchronisation; two, since a lane may be one ahead.
    private var published: [[UInt32]]
    private var warpSyncs: [UInt32]

    init(threads: Int) {
        epochs = Array(repeating: 0, count: threads)
        clocks = Array(repeating: 0, count: threads * 32)
        published = [clocks, clocks]
        warpSyncs = epochs
        resetClocks()
    }

    /// Starts anew for another block.
    mutating func enter(_ block: Int) {
        guard block != self.block else { return }
        self.block = block
        for index in epochs.indices { epochs[index] = 0 }
        for index in warpSyncs.indices { warpSyncs[index] = 0 }
        resetClocks()
    }

    private mutating func resetClocks() {
        for index in clocks.indices { clocks[index] = 0 }
        for thread in epochs.indices { clocks[thread * 32 + thread % 32] = 1 }
    }

    func epoch(_ thread: Int) -> UInt32 { epochs[thread] }
    func clock(_ thread: Int) -> UInt32 { clocks[thread * 32 + thread % 32] }

    mutating func passBarrier(_ thread: Int) { epochs[thread] &+= 1 }

    mutating func arriveAtWarp(_ thread: Int) {
        let slot = Int(warpSyncs[thread] & 1)
        for lane in 0..<32 { published[slot][thread * 32 + lane] = clocks[thread * 32 + lane] }
    }

    mutating func passWarp(_ thread: Int, mask: UInt32) {
        let slot = Int(warpSyncs[thread] & 1)
        let first = thread - thread % 32
        for lane in 0..<32 where mask >> UInt32(lane) & 1 != 0 && first + lane < epochs.count {
            for known in 0..<32 {
                let theirs = published[slot][(first + lane) * 32 + known]
                if theirs > clocks[thread * 32 + known] { clocks[thread * 32 + known] = theirs }
            }
        }
        clocks[thread * 32 + thread % 32] &+= 1
        warpSyncs[thread] &+= 1
    }

    /// Whether `touch`, of the same block, is before what `thread` does now.
    func isOrdered(_ touch: Touch, before thread: Int) -> Bool {
        let other = Int(touch.thread)
        if other == thread || touch.epoch != epochs[thread] { return true }
        guard other / 32 == thread / 32 else { return false }
        return clocks[thread * 32 + other % 32] >= touch.clock
    }
}
