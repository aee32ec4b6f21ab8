/// Keeps what the threads of some blocks do, and who writes which cell in all of them.
package final class AccessTrace: AccessSink {
    /// One access of a thread.
    struct Entry {
        var site: Int32
        var region: Int32
        var offset: Int
        var size: Int32
        var kind: AccessKind
    }

    let context: LaunchContext
    let sampled: [Int]
    /// By the place of the block in `sampled` and the thread.
    private(set) var entries: [[Entry]]
    /// Whether each thread of the launch touched anything.
    private(set) var hasWorked: [Bool]
    /// By region: the writing thread's number plus 1; 0 nobody, -1 several.
    private(set) var writers: [Int: [Int32]] = [:]
    private(set) var isCut = false
    private var slot: Int?
    private var total = 0

    /// Cells of an array whose writers are kept.
    static let cellLimit = 1 << 16
    private static let threadLimit = 1 << 12
    private static let totalLimit = 1 << 21

    package init(_ context: LaunchContext) {
        self.context = context
        let shape = context.shape
        sampled = Self.sample(shape)
        entries = Array(repeating: [], count: sampled.count * shape.block.count)
        hasWorked = Array(repeating: false, count: shape.grid.count * shape.block.count)
    }

    /// All blocks of a small launch; else the first, the middle and the last.
    static func sample(_ shape: LaunchShape) -> [Int] {
        let blocks = shape.grid.count
        if blocks <= 8 && blocks * shape.block.count <= 8192 { return Array(0..<blocks) }
        return Array(Set([0, blocks / 2, blocks - 1])).sorted()
    }

    package func begin(block: Int) { slot = sampled.firstIndex(of: block) }

    package func access(_ access: MemoryAccess) {
        let region = context.regions[access.region]
        // The load of an atomic operation that is made of a load and an exchange is no access of its own.
        guard access.kind != .atomic else { return }
        guard access.offset >= 0, access.offset + access.size <= region.byteCount else { return }
        let thread = access.block * context.shape.block.count + access.thread
        hasWorked[thread] = true
        if access.isWrite && region.space == .global { noteWriter(access, region, thread) }
        guard let slot else { return }
        let index = slot * context.shape.block.count + access.thread
        guard entries[index].count < Self.threadLimit, total < Self.totalLimit else {
            isCut = true
            return
        }
        total += 1
        entries[index].append(
            Entry(
                site: Int32(access.site), region: Int32(access.region), offset: access.offset,
                size: Int32(access.size), kind: access.kind))
    }

    private func noteWriter(_ access: MemoryAccess, _ region: MemoryRegion, _ thread: Int) {
        guard let size = region.element?.size else { return }
        let number = Int32(truncatingIfNeeded: thread) + 1
        let cells = access.offset / size..<(access.offset + access.size + size - 1) / size
        for cell in cells where cell < Self.cellLimit {
            let known = writers[access.region]?[cell] ?? 0
            if writers[access.region] == nil {
                writers[access.region] = Array(repeating: 0, count: min(Self.cellLimit, region.byteCount / size))
            }
            if known != number { writers[access.region]![cell] = known == 0 ? number : -1 }
        }
    }

    package func wild(_ access: MemoryAccess, address: UInt64) {}
    package func arrives(block: Int, thread: Int, line: Int) {}
    package func barrier(block: Int) {}
    package func warpBarrier(block: Int, warp: Int, mask: UInt32) {}
    package func fence(block: Int, thread: Int) {}
}
