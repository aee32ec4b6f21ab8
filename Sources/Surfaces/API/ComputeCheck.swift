/// What the detectors saw in one launch: the answer of `POST /_platform/compute/check`.
public struct ComputeCheck: Codable, Hashable, Sendable {
    /// The kernel's name.
    public var kernel: String
    /// The source's name.
    public var file: String
    /// Blocks.
    public var grid: ComputeSize
    /// Threads a block.
    public var block: ComputeSize
    /// What it was given, as `args` writes it.
    public var arguments: [String]
    /// Gravest first.
    public var findings: [ComputeFinding]
    /// Threads of the launch.
    public var threads: Int
    /// Accesses to memory that were looked at.
    public var accesses: Int
    /// Whether the launch ran to its end.
    public var isComplete: Bool
    /// Whether nothing is wrong.
    public var isClean: Bool
    /// What could not be looked at, a sentence each.
    public var limits: [String]
    /// What the kernel printed.
    public var printed: String?

    enum CodingKeys: String, CodingKey {
        case kernel, file, grid, block, arguments, findings, threads, accesses, limits, printed
        case isComplete = "complete"
        case isClean = "clean"
    }

    /// All parts.
    public init(
        kernel: String, file: String, grid: ComputeSize, block: ComputeSize, arguments: [String],
        findings: [ComputeFinding], threads: Int, accesses: Int, isComplete: Bool, isClean: Bool, limits: [String]
    ) {
        self.kernel = kernel
        self.file = file
        self.grid = grid
        self.block = block
        self.arguments = arguments
        self.findings = findings
        self.threads = threads
        self.accesses = accesses
        self.isComplete = isComplete
        self.isClean = isClean
        self.limits = limits
    }
}

/// One thing that is wrong with a kernel, or likely to be.
public struct ComputeFinding: Codable, Hashable, Sendable {
    /// A closed word: `out-of-bounds`, `shared-race`, `divergent-barrier`, ...; docs/guides/compute.md has all.
    public var kind: String
    /// `error`, `warning` or `note`.
    public var severity: String
    /// Where.
    public var place: ComputePlace
    /// The other side of a race or barrier.
    public var other: ComputePlace?
    /// An example: `block 3, thread 17`; two for a race.
    public var threads: [String]
    /// The array's name.
    public var array: String?
    /// The example's cell.
    public var index: Int?
    /// How often it happened.
    public var count: Int
    /// What is wrong, and the way out.
    public var message: String

    /// All parts.
    public init(
        kind: String, severity: String, place: ComputePlace, other: ComputePlace?, threads: [String], array: String?,
        index: Int?, count: Int, message: String
    ) {
        self.kind = kind
        self.severity = severity
        self.place = place
        self.other = other
        self.threads = threads
        self.array = array
        self.index = index
        self.count = count
        self.message = message
    }
}

/// A line of a kernel's source.
public struct ComputePlace: Codable, Hashable, Sendable {
    /// The source's name.
    public var file: String
    /// From 1; 0 where none is known.
    public var line: Int
    /// The line itself.
    public var text: String

    /// All parts.
    public init(file: String, line: Int, text: String) {
        self.file = file
        self.line = line
        self.text = text
    }
}

extension ComputePlace: CustomStringConvertible {
    /// `saxpy.cu:7`.
    public var description: String { line > 0 ? "\(file):\(line)" : file }
}
