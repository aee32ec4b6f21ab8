extension Detectors {
    /// Cells of outputs that nobody wrote.
    func reportUnwrittenOutputs() {
        for (number, region) in context.regions.enumerated() {
            guard region.space == .global, let isAsked = region.isOutput, region.byteCount > 0 else { continue }
            let writes = writes[number] ?? RegionWrites()
            // What is only ever updated atomically is an accumulator: its cells keep what they hold.
            guard isAsked ? writes.plainSite != nil || !writes.hasAtomic : writes.plainSite != nil else { continue }
            if budget.isExhausted { continue }
            let unwritten = unwrittenCells(number, region)
            guard !unwritten.isEmpty else { continue }
            let place = writes.plainSite.map(context.place(site:)) ?? context.place(context.kernel)
            let severity: Finding.Severity = isAsked ? .warning : .note
            let key = FindingCollector.Key(kind: .unwrittenOutput, site: -1, other: -1, region: number)
            collector.add(key, severity) {
                Finding(
                    .unwrittenOutput, severity, at: place, array: region.name, index: unwritten[0].lowerBound,
                    count: unwritten.reduce(0) { $0 + $1.count },
                    message: outputSentence(region, unwritten, isAsked: isAsked))
            }
        }
    }

    /// Ranges of cells.
    private func unwrittenCells(_ number: Int, _ region: MemoryRegion) -> [Range<Int>] {
        let size = region.cellSize(4)
        let cells = region.byteCount / size
        guard let shadow = shadow(at: number) else { return [0..<cells] }
        var ranges: [Range<Int>] = []
        for cell in 0..<cells where !isWritten(shadow, cell * size, size) {
            if let last = ranges.last, last.upperBound == cell {
                ranges[ranges.count - 1] = last.lowerBound..<cell + 1
            } else {
                ranges.append(cell..<cell + 1)
            }
        }
        return ranges
    }

    private func isWritten(_ shadow: ShadowMemory, _ offset: Int, _ size: Int) -> Bool {
        var place = offset
        while place < offset + size {
            guard let cell = shadow.cell(at: place), !cell.write.isNobody else { return false }
            place += shadow.granule
        }
        return true
    }

    private func outputSentence(_ region: MemoryRegion, _ unwritten: [Range<Int>], isAsked: Bool) -> String {
        let cells = region.byteCount / region.cellSize(4)
        let missing = unwritten.reduce(0) { $0 + $1.count }
        let names = unwritten.prefix(3).map {
            $0.count == 1
                ? "\(region.name)[\($0.lowerBound)]"
                : "\(region.name)[\($0.lowerBound)] to \(region.name)[\($0.upperBound - 1)]"
        }
        let list = names.joined(separator: ", ") + (unwritten.count > 3 ? " and others" : "")
        let what = "no thread writes \(list): \(missing) of \(count(cells, "cell"))"
        let threads = context.shape.grid.count * context.shape.block.count
        if !isAsked { return what + ". Fine if that is all there is to write; its length was not given on purpose." }
        if missing == cells { return what + "; the kernel never writes \(region.name): is it the right array?" }
        if threads < cells {
            let blocks = (cells + context.shape.block.count - 1) / context.shape.block.count
            return what + ". The launch has \(threads) threads: take a grid of \(blocks) blocks, or let each thread do "
                + "several cells (i += gridDim.x * blockDim.x)."
        }
        return what + "; look at the index and the guard of the write."
    }
}
