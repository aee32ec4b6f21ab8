/// Who does what in one launch: the answer of `POST /_platform/compute/explain`.
public struct ComputeExplanation: Codable, Hashable, Sendable {
    /// The kernel and its parameters, as C declares them.
    public var kernel: String
    /// The source's name.
    public var file: String
    /// Blocks.
    public var grid: ComputeSize
    /// Threads a block.
    public var block: ComputeSize
    /// What it was given, as `args` writes it.
    public var arguments: [String]
    /// Threads of the launch.
    public var threads: Int
    /// Threads that touched no array.
    public var idleThreads: Int
    /// What is worth knowing, a sentence each.
    public var facts: [String]
    /// What each instruction's accesses cost.
    public var accesses: [ComputeAccess]
    /// The picture for a terminal, line by line.
    public var text: [String]
    /// The picture.
    public var svg: String

    enum CodingKeys: String, CodingKey {
        case kernel, file, grid, block, arguments, threads, facts, accesses, text, svg
        case idleThreads = "idle_threads"
    }

    /// All parts.
    public init(
        kernel: String, file: String, grid: ComputeSize, block: ComputeSize, arguments: [String], threads: Int,
        idleThreads: Int, facts: [String], accesses: [ComputeAccess], text: [String], svg: String
    ) {
        self.kernel = kernel
        self.file = file
        self.grid = grid
        self.block = block
        self.arguments = arguments
        self.threads = threads
        self.idleThreads = idleThreads
        self.facts = facts
        self.accesses = accesses
        self.text = text
        self.svg = svg
    }
}

/// What the accesses of one instruction cost.
public struct ComputeAccess: Codable, Hashable, Sendable {
    /// Its line.
    public var line: Int
    /// The array's name.
    public var array: String
    /// `global` or `shared`.
    public var space: String
    /// `read`, `write` or `atomic`.
    public var kind: String
    /// How the addresses of a warp's lanes lie: `neighbours`, `2 cells apart`.
    public var pattern: String
    /// How often a warp executed it.
    public var requests: Int
    /// The least possible part of what was moved, 0 to 1.
    public var efficiency: Double

    /// All parts.
    public init(
        line: Int, array: String, space: String, kind: String, pattern: String, requests: Int, efficiency: Double
    ) {
        self.line = line
        self.array = array
        self.space = space
        self.kind = kind
        self.pattern = pattern
        self.requests = requests
        self.efficiency = efficiency
    }
}
