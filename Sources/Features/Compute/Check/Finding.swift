/// One thing that is wrong with a kernel, or likely to be: where, who, and the way out.
public struct Finding: Hashable, Sendable, Codable {
    /// What it is; stable, for programs.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// A read or write outside every array.
        case outOfBounds = "out-of-bounds"
        /// An access whose address isn't a multiple of its size.
        case misaligned
        /// Two threads of a block touch one cell of shared memory with nothing that orders them.
        case sharedRace = "shared-race"
        /// Two threads touch one cell of global memory with nothing that orders them.
        case globalRace = "global-race"
        /// Two lanes of a warp rely on running in step.
        case warpRace = "warp-race"
        /// A read of a cell that nobody has written.
        case uninitialisedRead = "uninitialised-read"
        /// Cells of an output that nobody wrote.
        case unwrittenOutput = "unwritten-output"
        /// A barrier that not every thread of the block reaches.
        case divergentBarrier = "divergent-barrier"
        /// `assert`, `__trap`, or another fault while it ran.
        case fault
        /// It did not end in time.
        case deadline
    }

    /// How much it matters.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// Wrong on a GPU.
        case error
        /// Wrong under conditions that the sentence names.
        case warning
        /// Worth knowing.
        case note
    }

    /// A line of the kernel's source.
    public struct Place: Hashable, Sendable, Codable {
        /// As it was given with the source.
        public var file: String
        /// From 1; 0 where the compiler names none.
        public var line: Int
        /// The line itself, without its margin.
        public var text: String

        /// A line of a file.
        public init(file: String, line: Int, text: String = "") {
            (self.file, self.line, self.text) = (file, line, text)
        }
    }

    /// A thread of the launch.
    public struct Thread: Hashable, Sendable, Codable {
        /// `blockIdx`.
        public var block: Dim3
        /// `threadIdx`.
        public var thread: Dim3

        /// By its two indices.
        public init(block: Dim3, thread: Dim3) { (self.block, self.thread) = (block, thread) }
    }

    /// What it is.
    public var kind: Kind
    /// How much it matters.
    public var severity: Severity
    /// Where it happened; the kernel's own line where no instruction is to blame.
    public var place: Place
    /// The other side: of a race, or of a barrier.
    public var other: Place?
    /// An example: one thread, or the two of a race (the one at `place` first).
    public var threads: [Thread]
    /// The array, by its name in the source.
    public var array: String?
    /// The cell of the example.
    public var index: Int?
    /// How often it happened with these lines.
    public var count: Int
    /// What is wrong, and the way out.
    public var message: String

    /// A finding, seen once unless said otherwise.
    public init(
        _ kind: Kind, _ severity: Severity, at place: Place, other: Place? = nil, threads: [Thread] = [],
        array: String? = nil, index: Int? = nil, count: Int = 1, message: String
    ) {
        (self.kind, self.severity, self.place, self.other, self.threads) = (kind, severity, place, other, threads)
        (self.array, self.index, self.count, self.message) = (array, index, count, message)
    }
}

extension Finding.Place: CustomStringConvertible {
    /// `saxpy.cu:7`.
    public var description: String { line > 0 ? "\(file):\(line)" : file }
}

extension Finding.Thread: CustomStringConvertible {
    /// `block 3, thread 17`, or with as many coordinates as are used: `block (1,0), thread (3,2)`.
    public var description: String { "block \(blockText), thread \(threadText)" }

    var blockText: String { Self.place(block) }
    var threadText: String { Self.place(thread) }

    private static func place(_ index: Dim3) -> String {
        if index.z != 0 { return "(\(index.x),\(index.y),\(index.z))" }
        return index.y != 0 ? "(\(index.x),\(index.y))" : "\(index.x)"
    }
}

extension Dim3 {
    /// The place with this number in a grid or block of this size, x fastest.
    package func place(_ number: Int) -> Dim3 {
        Dim3(number % max(1, x), number / max(1, x) % max(1, y), number / max(1, x * y))
    }
}

extension Finding: CustomStringConvertible {
    /// `saxpy.cu:7: error: ... [out-of-bounds]`.
    public var description: String { "\(place): \(severity.rawValue): \(message) [\(kind.rawValue)]" }
}
