/// Who does what in one launch of a kernel: which thread writes which cell, which threads are idle, how warps run, and
/// what their accesses cost.
public struct Explanation: Hashable, Sendable, Codable {
    /// The kernel, as its source declares it.
    public var kernel: KernelSignature
    /// The source's name.
    public var file: String
    /// What was launched.
    public var shape: LaunchShape
    /// What it was given.
    public var arguments: [LaunchArgument]
    /// Threads of the launch that touched no memory of the kernel's arrays.
    public var idleThreads: Int
    /// The blocks that were looked at thread by thread: all of a small launch, else the first, middle and last.
    public var sampledBlocks: [Int]
    /// Arrays that the kernel wrote, cell by cell.
    public var arrays: [ArrayPicture]
    /// Warps of the sampled blocks.
    public var warps: [WarpPicture]
    /// Accesses to memory, by instruction, over the sampled blocks.
    public var accesses: [AccessPicture]
    /// What is worth knowing, a sentence each.
    public var facts: [String]

    /// Threads of the launch.
    public var threads: Int { shape.grid.count * shape.block.count }

    /// The writers of one array.
    public struct ArrayPicture: Hashable, Sendable, Codable {
        /// The array's name.
        public var name: String
        /// Cells in all.
        public var cells: Int
        /// The type of a cell.
        public var element: ElementType
        /// Who wrote each cell, by the thread's number in the launch (block by block); up to the first 65,536 cells.
        public var writers: [Writer]

        /// Who wrote one cell.
        public enum Writer: Hashable, Sendable, Codable {
            case nobody
            case thread(Int)
            case several
        }
    }

    /// One warp of a sampled block.
    public struct WarpPicture: Hashable, Sendable, Codable {
        /// The block's number.
        public var block: Int
        /// The warp's number in its block.
        public var warp: Int
        /// What each lane did; 32, fewer at the end of a block.
        public var lanes: [Lane]
        /// Lines where some lanes went on and others didn't.
        public var divergentLines: [Int]

        /// What a lane did.
        public enum Lane: String, Hashable, Sendable, Codable {
            /// All that the busiest lane of the warp did.
            case works
            /// Less than that.
            case partly
            /// Nothing.
            case idle
        }
    }

    /// What one instruction's accesses cost.
    public struct AccessPicture: Hashable, Sendable, Codable {
        /// Its line.
        public var place: Finding.Place
        /// The array's name.
        public var array: String
        /// Where the array lies.
        public var space: Space
        /// What is done.
        public var kind: Kind
        /// Bytes a lane.
        public var bytes: Int
        /// How often a warp executed it.
        public var requests: Int
        /// Lanes that took part, on the average.
        public var lanes: Double
        /// 32-byte sectors of global memory that were touched, and the fewest that the same bytes could lie in.
        public var sectors: Int
        /// See ``sectors``.
        public var leastSectors: Int
        /// 128-byte lines that were touched.
        public var lines: Int
        /// Rounds that the banks of shared memory needed, and the fewest possible; the worst of one request.
        public var rounds: Int
        /// See ``rounds``.
        public var leastRounds: Int
        /// Rounds of the worst request.
        public var worstRounds: Int
        /// How the lanes' addresses lie.
        public var pattern: Pattern
        /// The byte offsets of one warp's lanes, as an example; nil for lanes that took no part.
        public var example: [Int?]
        /// The block and warp of the example.
        public var exampleWarp: String

        /// The least possible part of what was moved, 0 to 1: sectors of global memory, rounds of shared.
        public var efficiency: Double {
            let (least, real) = space == .shared ? (leastRounds, rounds) : (leastSectors, sectors)
            return real == 0 ? 1 : min(1, Double(least) / Double(real))
        }
    }

    /// Where an array lies.
    public enum Space: String, Hashable, Sendable, Codable { case global, shared }

    /// What an instruction does.
    public enum Kind: String, Hashable, Sendable, Codable { case read, write, atomic }

    /// How the addresses of a warp's lanes lie.
    public enum Pattern: Hashable, Sendable, Codable {
        /// All lanes touch the same cell.
        case same
        /// Neighbours touch neighbouring cells, from a 32-byte boundary on.
        case neighbours
        /// The same, but off that boundary.
        case crooked
        /// Neighbours are so many cells apart.
        case stride(Int)
        /// No simple rule.
        case scattered
    }
}

extension Explanation.Pattern: CustomStringConvertible {
    /// `neighbours`, `every 2nd cell`.
    public var description: String {
        switch self {
        case .same: "one cell for all"
        case .neighbours: "neighbours"
        case .crooked: "neighbours, off the 32-byte boundary"
        case .stride(let step): "\(step) cells apart"
        case .scattered: "scattered"
        }
    }
}
