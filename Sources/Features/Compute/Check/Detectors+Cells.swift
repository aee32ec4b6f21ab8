extension Detectors {
    /// Whether the access lies in its region; where it doesn't, that is reported.
    func isInBounds(_ access: MemoryAccess) -> Bool {
        let region = context.regions[access.region]
        guard access.offset < 0 || access.offset + access.size > region.byteCount else { return true }
        add(.outOfBounds, .error, access) {
            let cell = region.cellSize(access.size)
            let verb = access.isAtomic ? "updates" : access.isWrite ? "writes" : "reads"
            let beyond = (access.offset + access.size - 1) / cell - region.byteCount / cell + 1
            let distance =
                access.size == MemoryAccess.mostBytes
                ? "and more bytes from there on than there are addresses, as of a negative length,"
                : access.offset < 0
                    ? "\(count(-context.index(access), "cell")) before the start"
                    : "\(count(beyond, "cell")) past the end"
            return "\(context.thread(access.block, access.thread)) \(verb) \(context.cell(access)), \(distance) of "
                + "\(region.name), which has \(count(region.byteCount / cell, "cell")): \(boundsAdvice(access, region))"
        }
        return false
    }

    private func boundsAdvice(_ access: MemoryAccess, _ region: MemoryRegion) -> String {
        if access.offset < 0 { return "start the index later, or treat the first cells apart." }
        if region.space == .shared { return "make the array larger, or bound the index by its length." }
        return "let only threads with an index within it go on, as in if (i < n)."
    }

    /// An address that belongs to nothing, as far from everything as it may be.
    package func reportWild(_ access: MemoryAccess, address: UInt64, nearest: String?) {
        settlePendingWrite()
        let key = FindingCollector.Key(kind: .outOfBounds, site: access.site, other: access.site, region: -1)
        collector.add(key, .error) {
            let verb = access.isAtomic ? "updates" : access.isWrite ? "writes" : "reads"
            let near = nearest.map { ", \($0)" } ?? ""
            let what = address < 4096 ? "a null pointer" : "no array at all"
            return Finding(
                .outOfBounds, .error, at: context.place(site: access.site),
                threads: [context.thread(access.block, access.thread)],
                message: "\(context.thread(access.block, access.thread)) \(verb) address 0x"
                    + "\(String(address, radix: 16)), which is \(what)\(near): a GPU ends the launch with an illegal "
                    + "address; so does this check. Look at how the index or pointer is computed.")
        }
    }

    func reportMisaligned(_ access: MemoryAccess) {
        add(.misaligned, .error, access) {
            "\(context.thread(access.block, access.thread)) \(access.isWrite ? "writes" : "reads") \(access.size) bytes "
                + "at byte \(access.offset) of \(context.regions[access.region].name), which is no multiple of "
                + "\(access.size): a GPU ends the launch with a misaligned address; use a narrower type, or an index "
                + "that keeps it aligned."
        }
    }

    func noteUnwrittenRead(_ access: MemoryAccess, _ cell: Int) {
        let name = CellName(region: access.region, cell: cell)
        guard unwrittenReads[name] == nil, unwrittenReads.count < 1 << 16 else { return }
        unwrittenReads[name] = access
    }

    /// What was read unwritten and is no race is a finding of its own.
    func flushUnwrittenReads() {
        for access in unwrittenReads.values.sorted(by: {
            ($0.block, $0.thread, $0.offset) < ($1.block, $1.thread, $1.offset)
        }) {
            let region = context.regions[access.region]
            let isShared = region.space == .shared
            add(.uninitialisedRead, .error, access) {
                "\(context.thread(access.block, access.thread)) reads \(context.cell(access)), which "
                    + (isShared
                        ? "no thread of the block has written: shared memory begins with chance values; set it first, "
                            + "and put __syncthreads() after."
                        : "nobody has written: fresh memory holds chance values; fill \(region.name) before the launch "
                            + "(cudaMemset), or write the cell first.")
            }
        }
        unwrittenReads = [:]
    }

    private func add(
        _ kind: Finding.Kind, _ severity: Finding.Severity, _ access: MemoryAccess, _ message: () -> String
    ) {
        let key = FindingCollector.Key(kind: kind, site: access.site, other: access.site, region: access.region)
        collector.add(key, severity) {
            Finding(
                kind, severity, at: context.place(site: access.site),
                threads: [context.thread(access.block, access.thread)], array: context.regions[access.region].name,
                index: context.index(access), message: message())
        }
    }

    func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
}
