/// Tells one race.
struct RaceStory {
    let context: LaunchContext
    let access: MemoryAccess
    let earlier: Touch
    let earlierWrites: Bool
    let isSameValue: Bool

    private struct Side {
        var place: Finding.Place
        var thread: Finding.Thread
        var verb: String
    }

    func finding(_ kind: Finding.Kind, _ severity: Finding.Severity) -> Finding {
        var sides = [
            Side(
                place: context.place(site: access.site), thread: context.thread(access.block, access.thread),
                verb: verb(writes: access.isWrite, atomic: access.isAtomic)),
            Side(
                place: context.place(site: earlier.site),
                thread: context.thread(Int(earlier.block), Int(earlier.thread)),
                verb: verb(writes: earlierWrites, atomic: earlier.isAtomic)),
        ]
        if sides[1].place.line < sides[0].place.line { sides.swapAt(0, 1) }
        let isSameLine = sides[0].place == sides[1].place
        return Finding(
            kind, severity, at: sides[0].place, other: isSameLine ? nil : sides[1].place,
            threads: sides.map(\.thread), array: context.regions[access.region].name, index: context.index(access),
            message: sentence(sides, kind, isSameLine: isSameLine))
    }

    private func verb(writes: Bool, atomic: Bool) -> String {
        atomic ? "atomically updates" : writes ? "writes" : "reads"
    }

    private func sentence(_ sides: [Side], _ kind: Finding.Kind, isSameLine: Bool) -> String {
        let cell = context.cell(access)
        let where2 = isSameLine ? "" : " at line \(sides[1].place.line)"
        let what =
            "\(sides[0].thread) \(sides[0].verb) \(cell), and \(sides[1].thread) \(sides[1].verb) it\(where2), "
            + "\(gap(kind)): "
        if isSameValue { return what + "harmless only as long as all write the same value, as they did here." }
        return what + wayOut(kind)
    }

    private func gap(_ kind: Finding.Kind) -> String {
        switch kind {
        case .warpRace: "two lanes of one warp with no __syncwarp() between"
        case _ where Int(earlier.block) != access.block: "in blocks that nothing orders"
        default: "with no barrier between"
        }
    }

    private func wayOut(_ kind: Finding.Kind) -> String {
        let bothWrite = earlierWrites && access.isWrite
        if earlier.isAtomic != access.isAtomic {
            return "the plain access may see or lose any state of the atomic one; make both atomic, or part them"
                + (Int(earlier.block) == access.block ? " by __syncthreads()." : " into two launches.")
        }
        switch kind {
        case .warpRace:
            return bothWrite
                ? "which one stays is chance; give each lane a cell of its own, or use an atomic operation."
                : "lanes don't run in step (since Volta); put __syncwarp() between, or pass the value by __shfl_sync()."
        case _ where Int(earlier.block) != access.block:
            return bothWrite
                ? "which one stays is chance; give each block cells of its own, or use atomicAdd() and its kin."
                : "blocks run in any order; read it in a second launch, or publish it by __threadfence() and an atomic flag."
        default:
            return bothWrite
                ? "which one stays is chance; give each thread a cell of its own, use an atomic operation, "
                    + "or put __syncthreads() between."
                : "put __syncthreads() between."
        }
    }
}
