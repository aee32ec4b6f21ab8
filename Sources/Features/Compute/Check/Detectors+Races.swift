extension Detectors {
    /// A write over another thread's that awaits comparison.
    struct PendingWrite {
        var access: MemoryAccess
        var earlier: Touch
        var before: [UInt8]
    }

    /// Looks at one cell of an access, and notes the access in it.
    func visit(_ cell: UnsafeMutablePointer<ShadowCell>, _ number: Int, _ access: MemoryAccess, _ region: MemoryRegion)
    {
        let isShared = region.space == .shared
        if isShared { cell.pointee.forget(otherThan: Int32(access.block)) }
        let touch = Touch(
            block: Int32(access.block), epoch: clocks.epoch, clock: clocks.clock(access.thread),
            thread: UInt16(access.thread), mark: UInt16(access.site & 0x7FFF) | (access.isAtomic ? 0x8000 : 0))
        let write = cell.pointee.write
        if write.isNobody {
            // An atomic operation reads, too.
            if (!access.isWrite || access.isAtomic) && (isShared || !region.isInitialised) {
                noteUnwrittenRead(access, number)
            }
        } else if conflict(write, access) {
            reportRace(access, with: write, earlierWrites: true)
        }
        if access.isWrite {
            visitReads(of: cell, number, access)
            cell.pointee.write = touch
        } else {
            cell.pointee.noteRead(touch)
        }
    }

    /// A write meets the reads before it: those that nothing orders stay, for the writes to come.
    private func visitReads(of cell: UnsafeMutablePointer<ShadowCell>, _ number: Int, _ access: MemoryAccess) {
        let reads = (cell.pointee.firstRead, cell.pointee.otherRead)
        let races = (isRace(reads.0, access), isRace(reads.1, access))
        if races.0 || races.1 {
            unwrittenReads[CellName(region: access.region, cell: number)] = nil
            reportRace(access, with: races.0 ? reads.0 : reads.1, earlierWrites: false)
        }
        if !races.0 { cell.pointee.firstRead = Touch() }
        if !races.1 { cell.pointee.otherRead = Touch() }
    }

    private func isRace(_ read: Touch, _ access: MemoryAccess) -> Bool { !read.isNobody && conflict(read, access) }

    /// Whether nothing orders the earlier touch and what is done now. That one of them writes is the caller's to know.
    private func conflict(_ earlier: Touch, _ access: MemoryAccess) -> Bool {
        if earlier.isAtomic && access.isAtomic { return false }
        if Int(earlier.block) != access.block { return !publications.isKnown(earlier.block) }
        return !clocks.isOrdered(earlier, before: access.thread)
    }

    private func reportRace(_ access: MemoryAccess, with earlier: Touch, earlierWrites: Bool) {
        if access.isWrite && earlierWrites, let before = peek?(access.region, access.offset, access.size) {
            pendingWrite = PendingWrite(access: access, earlier: earlier, before: before)
        } else {
            addRace(access, with: earlier, earlierWrites: earlierWrites, isSameValue: false)
        }
    }

    /// The write that was reported last has happened: did it change anything?
    func settlePendingWrite() {
        guard let pending = pendingWrite else { return }
        pendingWrite = nil
        let after = peek?(pending.access.region, pending.access.offset, pending.access.size)
        addRace(pending.access, with: pending.earlier, earlierWrites: true, isSameValue: after == pending.before)
    }

    private func addRace(_ access: MemoryAccess, with earlier: Touch, earlierWrites: Bool, isSameValue: Bool) {
        let isShared = context.regions[access.region].space == .shared
        let isSameBlock = Int(earlier.block) == access.block
        let isWarp = isSameBlock && Int(earlier.thread) / 32 == access.thread / 32
        let kind: Finding.Kind = isWarp ? .warpRace : isShared ? .sharedRace : .globalRace
        let isMixed = earlier.isAtomic != access.isAtomic && !(earlierWrites && access.isWrite)
        let severity: Finding.Severity = isSameValue ? .note : isMixed ? .warning : .error
        let key = FindingCollector.Key(
            kind: kind, site: min(access.site, earlier.site), other: max(access.site, earlier.site),
            region: access.region)
        collector.add(key, severity) {
            RaceStory(
                context: context, access: access, earlier: earlier, earlierWrites: earlierWrites,
                isSameValue: isSameValue
            ).finding(kind, severity)
        }
    }
}

extension ShadowCell {
    /// Shared memory begins anew with each block.
    mutating func forget(otherThan block: Int32) {
        if write.block != block { write = Touch() }
        if firstRead.block != block { firstRead = Touch() }
        if otherRead.block != block { otherRead = Touch() }
    }

    /// Keeps one reader that no barrier has parted from what comes, and a second one, of another warp where there is one.
    mutating func noteRead(_ touch: Touch) {
        if firstRead.isReplaced(by: touch) {
            firstRead = touch
        } else if otherRead.isReplaced(by: touch)
            || (otherRead.isOfWarp(firstRead) && !touch.isOfWarp(firstRead))
        {
            otherRead = touch
        }
    }
}

extension Touch {
    fileprivate func isOfWarp(_ other: Touch) -> Bool { block == other.block && thread / 32 == other.thread / 32 }

    /// Whether nothing is lost when `new` takes the place of this read: it is nobody's, the same thread's, or before a
    /// barrier that the new one is behind.
    fileprivate func isReplaced(by new: Touch) -> Bool {
        isNobody || block == new.block && (thread == new.thread || epoch != new.epoch)
    }
}

/// Which blocks' work is known to the block that runs: `__threadfence`, then an atomic operation on a cell that the
/// other also operates on atomically (CUDA C++ Programming Guide, "Memory Fence Functions").
struct Publications {
    private struct Cell: Hashable {
        var region: Int
        var offset: Int
    }

    private var block: Int32 = -1
    private var hasFenced = false
    private var known: Set<Int32> = []
    private var published: [Cell: Set<Int32>] = [:]

    mutating func enter(_ block: Int) {
        self.block = Int32(block)
        hasFenced = false
        known = []
    }

    mutating func fence() { hasFenced = true }

    mutating func atomic(_ access: MemoryAccess) {
        let cell = Cell(region: access.region, offset: access.offset)
        if let others = published[cell] { known.formUnion(others) }
        guard hasFenced else { return }
        published[cell, default: []].formUnion(known.union([block]))
    }

    func isKnown(_ other: Int32) -> Bool { known.contains(other) }
}
