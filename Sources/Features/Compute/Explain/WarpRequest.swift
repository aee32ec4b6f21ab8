/// The accesses that the lanes of one warp make by one instruction at one time.
struct WarpRequest {
    /// By lane: the byte offset in the array; nil where the lane takes no part.
    var offsets: [Int?] = Array(repeating: nil, count: 32)
    /// Bytes a lane.
    var size: Int

    private var active: [Int] { offsets.compactMap { $0 } }
    var laneCount: Int { offsets.count { $0 != nil } }

    /// 32-byte sectors touched (CUDA C++ Best Practices Guide, "Coalesced Access to Global Memory").
    var sectors: Int { pieces(of: 32) }
    /// 128-byte lines touched.
    var lines: Int { pieces(of: 128) }
    /// The fewest sectors that hold as many different bytes.
    var leastSectors: Int { (byteCount + 31) / 32 }

    /// Different bytes: lanes' accesses may overlap.
    private var byteCount: Int {
        var (count, end) = (0, Int.min)
        for offset in active.sorted() {
            count += max(0, offset + size - max(end, offset))
            end = max(end, offset + size)
        }
        return count
    }

    private func pieces(of width: Int) -> Int {
        var found: Set<Int> = []
        for offset in active { found.formUnion(offset / width...(offset + size - 1) / width) }
        return found.count
    }

    /// Rounds that 32 banks of 4 bytes need: of different words in one bank one a round; of one word all lanes at once.
    /// Wider accesses go in halves and quarters of the warp.
    var rounds: Int { groups.reduce(0) { $0 + Self.rounds(of: $1, size) } }
    /// One for each group that takes part.
    var leastRounds: Int { groups.count }

    private var groups: [[Int]] {
        let width = size <= 4 ? 32 : size <= 8 ? 16 : 8
        return stride(from: 0, to: 32, by: width).map { offsets[$0..<$0 + width].compactMap { $0 } }.filter {
            !$0.isEmpty
        }
    }

    private static func rounds(of group: [Int], _ size: Int) -> Int {
        var words: [Int: Set<Int>] = [:]
        for offset in group {
            for word in offset / 4...(offset + size - 1) / 4 { words[word % 32, default: []].insert(word) }
        }
        return max(1, words.values.map(\.count).max() ?? 1)
    }

    var pattern: Explanation.Pattern {
        let lanes = offsets.enumerated().compactMap { lane, offset in offset.map { (lane: lane, offset: $0) } }
        guard let first = lanes.first, lanes.count > 1 else { return .neighbours }
        if lanes.allSatisfy({ $0.offset == first.offset }) { return .same }
        let (second, span) = (lanes[1], lanes[1].lane - first.lane)
        guard (second.offset - first.offset) % (span * size) == 0 else { return .scattered }
        let step = (second.offset - first.offset) / (span * size)
        guard lanes.allSatisfy({ $0.offset == first.offset + ($0.lane - first.lane) * step * size }) else {
            return .scattered
        }
        if step != 1 { return .stride(step) }
        return sectors > leastSectors ? .crooked : .neighbours
    }
}
