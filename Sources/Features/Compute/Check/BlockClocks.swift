/// What is before what among the threads of the block that runs: barriers part the whole block, `__syncwarp` the lanes
/// of a warp (a vector clock a warp, as in happens-before detectors).
struct BlockClocks {
    /// Barriers that the block has passed.
    private(set) var epoch: UInt32 = 0
    /// `clocks[thread * 32 + lane]`: what `thread` knows of that lane of its warp.
    private var clocks: [UInt32]
    private let threads: Int

    init(threads: Int) {
        self.threads = threads
        clocks = Array(repeating: 0, count: (threads + 31) / 32 * 32 * 32)
        begin()
    }

    /// Starts anew for another block.
    mutating func begin() {
        epoch = 0
        for index in clocks.indices { clocks[index] = 0 }
        for thread in 0..<threads { clocks[thread * 32 + thread % 32] = 1 }
    }

    /// The thread's own time among its warp.
    func clock(_ thread: Int) -> UInt32 { clocks[thread * 32 + thread % 32] }

    mutating func passBarrier() { epoch &+= 1 }

    /// The lanes of `mask` have met at `__syncwarp`: each knows what all of them knew.
    mutating func meet(warp: Int, mask: UInt32) {
        let lanes = (0..<32).filter { mask >> UInt32($0) & 1 != 0 }.map { warp * 32 + $0 }.filter { $0 < threads }
        var known = [UInt32](repeating: 0, count: 32)
        for thread in lanes {
            for lane in 0..<32 { known[lane] = max(known[lane], clocks[thread * 32 + lane]) }
        }
        for thread in lanes {
            for lane in 0..<32 { clocks[thread * 32 + lane] = known[lane] }
            clocks[thread * 32 + thread % 32] &+= 1
        }
    }

    /// Whether `touch`, of the same block, is before what `thread` does now.
    func isOrdered(_ touch: Touch, before thread: Int) -> Bool {
        let other = Int(touch.thread)
        if other == thread || touch.epoch != epoch { return true }
        guard other / 32 == thread / 32 else { return false }
        return clocks[thread * 32 + other % 32] >= touch.clock
    }
}
