/// Looks at everything that one launch does, and finds what is wrong with it.
package final class Detectors: AccessSink {
    let context: LaunchContext
    var collector = FindingCollector()
    var clocks: BlockClocks
    private(set) var accesses = 0

    private var shadows: [Int: ShadowMemory] = [:]
    let budget: ShadowBudget
    /// Reads of cells that nobody had written, until it is known whether they are a race.
    var unwrittenReads: [CellName: MemoryAccess] = [:]
    /// A write over another's, whose value is compared when it has happened.
    var pendingWrite: PendingWrite?
    private(set) var block = 0
    var publications = Publications()
    var barriers: BarrierWatch
    /// Which kinds of writes each region has had, and a site of one.
    var writes: [Int: RegionWrites] = [:]
    /// What lies at these bytes of a region now; nil where it can't be looked at.
    package var peek: ((_ region: Int, _ offset: Int, _ size: Int) -> [UInt8]?)?

    struct CellName: Hashable {
        var region: Int
        var cell: Int
    }

    struct RegionWrites {
        var plainSite: Int?
        var hasAtomic = false
    }

    /// - Parameter memoryLimit: bytes that the record of who touched what may take.
    package init(_ context: LaunchContext, memoryLimit: Int = 1 << 30) {
        self.context = context
        let threads = context.shape.block.count
        clocks = BlockClocks(threads: threads)
        barriers = BarrierWatch(threads: threads)
        budget = ShadowBudget(memoryLimit)
    }

    package func access(_ access: MemoryAccess) {
        settlePendingWrite()
        accesses += 1
        guard isInBounds(access) else { return }
        if access.size.nonzeroBitCount == 1, !access.kind.contains(.unaligned), access.offset % access.size != 0 {
            reportMisaligned(access)
        }
        let region = context.regions[access.region]
        if access.isWrite { noteWrite(access) }
        guard region.space != .constant else { return }
        if access.isAtomic && region.space == .global { publications.atomic(access) }
        shadow(access.region, region, access.size).withCells(access.offset, access.size) { cell, number in
            visit(cell, number, access, region)
        }
    }

    package func wild(_ access: MemoryAccess, address: UInt64) { reportWild(access, address: address, nearest: nil) }

    package func arrives(block: Int, thread: Int, line: Int) {
        settlePendingWrite()
        if let mismatch = barriers.arrive(thread, line: line) { reportMismatch(block, thread, line, mismatch) }
    }

    package func barrier(block: Int) {
        barriers.pass()
        clocks.passBarrier()
    }

    package func warpBarrier(block: Int, warp: Int, mask: UInt32) {
        settlePendingWrite()
        clocks.meet(warp: warp, mask: mask)
    }

    package func fence(block: Int, thread: Int) {
        settlePendingWrite()
        publications.fence()
    }

    func shadow(at region: Int) -> ShadowMemory? { shadows[region] }

    package func begin(block: Int) {
        settlePendingWrite()
        flushUnwrittenReads()
        self.block = block
        clocks.begin()
        barriers.begin()
        publications.enter(block)
    }

    private func shadow(_ index: Int, _ region: MemoryRegion, _ size: Int) -> ShadowMemory {
        if let shadow = shadows[index] { return shadow }
        let shadow = ShadowMemory(byteCount: region.byteCount, granule: region.cellSize(size), budget: budget)
        shadows[index] = shadow
        return shadow
    }

    private func noteWrite(_ access: MemoryAccess) {
        if access.isAtomic {
            writes[access.region, default: RegionWrites()].hasAtomic = true
        } else if writes[access.region]?.plainSite == nil {
            writes[access.region, default: RegionWrites()].plainSite = access.site
        }
    }
}

extension Detectors {
    /// Everything that was found, once the launch is over.
    package func finish(isComplete: Bool) -> [Finding] {
        settlePendingWrite()
        flushUnwrittenReads()
        if isComplete { reportUnwrittenOutputs() }
        return collector.merged()
    }

    /// Sentences on what could not be looked at.
    package var limits: [String] {
        budget.isExhausted
            ? [
                "The record of who touched what is full: races and unwritten cells beyond it are not seen. "
                    + "Check with fewer cells."
            ] : []
    }
}
