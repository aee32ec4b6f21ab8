/// Puts the accesses of the threads of a trace together, warp by warp.
struct WarpAnalysis {
    let trace: AccessTrace
    private(set) var warps: [Explanation.WarpPicture] = []
    private(set) var accesses: [Explanation.AccessPicture] = []

    private struct Moment: Hashable {
        var site: Int32
        var occurrence: Int
    }

    private struct Use {
        var picture: Explanation.AccessPicture
        var lanes = 0
        var order: Int
        /// What the example costs beyond the least.
        var excess = -1
    }

    private var uses: [Int32: Use] = [:]

    init(_ trace: AccessTrace) {
        self.trace = trace
        let threads = trace.context.shape.block.count
        for (slot, block) in trace.sampled.enumerated() {
            for warp in 0..<(threads + 31) / 32 {
                let lanes = warp * 32..<min(threads, warp * 32 + 32)
                add(block, warp, lanes.map { trace.entries[slot * threads + $0] })
            }
        }
        accesses = uses.values.sorted {
            ($0.picture.place.line, $0.order) < ($1.picture.place.line, $1.order)
        }.map { use in
            var picture = use.picture
            picture.lanes = Double(use.lanes) / Double(max(1, picture.requests))
            return picture
        }
    }

    private mutating func add(_ block: Int, _ warp: Int, _ lanes: [[AccessTrace.Entry]]) {
        var requests: [Moment: (request: WarpRequest, entry: AccessTrace.Entry)] = [:]
        var order: [Moment] = []
        for (lane, entries) in lanes.enumerated() {
            var seen: [Int32: Int] = [:]
            for entry in entries {
                let moment = Moment(site: entry.site, occurrence: seen[entry.site, default: 0])
                seen[entry.site] = moment.occurrence + 1
                if requests[moment] == nil {
                    requests[moment] = (WarpRequest(size: Int(entry.size)), entry)
                    order.append(moment)
                }
                requests[moment]!.request.offsets[lane] = entry.offset
            }
        }
        var divergent: Set<Int> = []
        for moment in order {
            let (request, entry) = requests[moment]!
            if request.laneCount < lanes.count { divergent.insert(line(entry)) }
            note(request, entry, "block \(block), warp \(warp)")
        }
        let most = lanes.map(\.count).max() ?? 0
        warps.append(
            Explanation.WarpPicture(
                block: block, warp: warp,
                lanes: lanes.map { $0.isEmpty ? .idle : $0.count == most ? .works : .partly },
                divergentLines: divergent.sorted()))
    }

    private func line(_ entry: AccessTrace.Entry) -> Int { trace.context.sites.places[Int(entry.site)].line }

    private mutating func note(_ request: WarpRequest, _ entry: AccessTrace.Entry, _ warp: String) {
        var use = uses[entry.site] ?? Use(picture: blank(entry), order: uses.count)
        use.picture.requests += 1
        use.lanes += request.laneCount
        let isShared = use.picture.space == .shared
        if isShared {
            use.picture.rounds += request.rounds
            use.picture.leastRounds += request.leastRounds
            use.picture.worstRounds = max(use.picture.worstRounds, request.rounds)
        } else {
            use.picture.sectors += request.sectors
            use.picture.leastSectors += request.leastSectors
            use.picture.lines += request.lines
        }
        // The example is the costliest request, and of equals the first.
        let excess = isShared ? request.rounds - request.leastRounds : request.sectors - request.leastSectors
        if excess > use.excess {
            (use.excess, use.picture.example, use.picture.exampleWarp) = (excess, request.offsets, warp)
            use.picture.pattern = request.pattern
        }
        uses[entry.site] = use
    }

    private func blank(_ entry: AccessTrace.Entry) -> Explanation.AccessPicture {
        let region = trace.context.regions[Int(entry.region)]
        return Explanation.AccessPicture(
            place: trace.context.place(site: Int(entry.site)), array: region.name,
            space: region.space == .shared ? .shared : .global,
            kind: entry.kind.contains(.atomic) ? .atomic : entry.kind.contains(.write) ? .write : .read,
            bytes: Int(entry.size), requests: 0, lanes: 0, sectors: 0, leastSectors: 0, lines: 0, rounds: 0,
            leastRounds: 0, worstRounds: 0, pattern: .neighbours, example: [], exampleWarp: "")
    }
}
