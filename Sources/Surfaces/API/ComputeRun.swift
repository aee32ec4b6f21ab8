/// Body of `POST /_platform/compute/run` and `/check`: a kernel and what to launch it with.
public struct ComputeRun: Codable, Hashable, Sendable {
    /// CUDA C.
    public var source: String
    /// What diagnostics call the source; `kernel.cu` without it.
    public var file: String?
    /// The kernel; not needed where the source has one.
    public var kernel: String?
    /// Blocks.
    public var grid: ComputeSize
    /// Threads a block.
    public var block: ComputeSize
    /// Bytes of dynamic shared memory a block.
    public var shared: Int?
    /// One for each parameter of the kernel, as docs/guides/compute.md writes them.
    public var args: [String]?
    /// What `n` stands for in `args`; the threads of the grid without it.
    public var n: Int?
    /// `auto`, `cpu`, `cuda` or `cuda:NUMBER`; `auto` without it.
    public var device: String?
    /// How many times the kernel is run and timed; 1 without it.
    public var repetitions: Int?
    /// How long one run may take.
    public var deadline: ComputeTime?
    /// How many cells of each output are answered; 8 without it.
    public var cells: Int?
    /// Preprocessor definitions.
    public var defines: [String: String]?
    /// Files that whole outputs are written to, by parameter. Of the command line alone.
    public var files: [String: String]?

    /// The fields that a request may have.
    public enum CodingKeys: String, CodingKey, CaseIterable {
        case source, file, kernel, grid, block, shared, args, n, device, deadline, cells, defines, files
        case repetitions = "repeat"
    }

    /// A kernel and its launch; the rest is set afterwards.
    public init(source: String, file: String? = nil, grid: ComputeSize, block: ComputeSize) {
        self.source = source
        self.file = file
        self.grid = grid
        self.block = block
    }
}

/// What came of a run.
public struct ComputeRunResult: Codable, Hashable, Sendable {
    /// The kernel and its parameters, as C declares them.
    public var kernel: String
    /// Where it ran.
    public var device: String
    /// The device's name.
    public var deviceName: String
    /// Blocks.
    public var grid: ComputeSize
    /// Threads a block.
    public var block: ComputeSize
    /// Seconds that compiling took, or looking the compiled kernel up.
    public var compileSeconds: Double
    /// Seconds of each timed run.
    public var seconds: [Double]
    /// The median of them.
    public var medianSeconds: Double
    /// Bytes of all buffers, each once.
    public var bytes: Int
    /// 10^9 bytes a second, each buffer counted once; nil without buffers.
    public var gigabytesPerSecond: Double?
    /// What the kernel wrote to.
    public var outputs: [ComputeOutput]
    /// What the kernel printed.
    public var printed: String
    /// Whether it printed more than is kept.
    public var isPrintedCut: Bool

    enum CodingKeys: String, CodingKey {
        case kernel, device, grid, block, seconds, bytes, outputs, printed
        case deviceName = "device_name"
        case compileSeconds = "compile_seconds"
        case medianSeconds = "median_seconds"
        case gigabytesPerSecond = "gigabytes_per_second"
        case isPrintedCut = "printed_cut"
    }

    /// All parts but what was printed.
    public init(
        kernel: String, device: String, deviceName: String, grid: ComputeSize, block: ComputeSize,
        compileSeconds: Double, seconds: [Double], bytes: Int, outputs: [ComputeOutput]
    ) {
        self.kernel = kernel
        self.device = device
        self.deviceName = deviceName
        self.grid = grid
        self.block = block
        self.compileSeconds = compileSeconds
        self.seconds = seconds
        let sorted = seconds.sorted()
        medianSeconds = sorted.isEmpty ? 0 : (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
        self.bytes = bytes
        gigabytesPerSecond = bytes > 0 && medianSeconds > 0 ? Double(bytes) / medianSeconds / 1e9 : nil
        self.outputs = outputs
        printed = ""
        isPrintedCut = false
    }
}

/// The first cells of a buffer after the run.
public struct ComputeOutput: Codable, Hashable, Sendable {
    /// The parameter's name.
    public var name: String
    /// The C type of a cell.
    public var type: String
    /// Cells in all.
    public var count: Int
    /// The first cells, as text that reads back to the same value.
    public var cells: [String]
    /// The file that all of it was written to.
    public var file: String?

    /// All parts.
    public init(name: String, type: String, count: Int, cells: [String], file: String? = nil) {
        self.name = name
        self.type = type
        self.count = count
        self.cells = cells
        self.file = file
    }
}

/// What `steward compute compile --json` prints.
public struct ComputeCompiled: Codable, Hashable, Sendable {
    /// `cpu`, or `sm_90`.
    public var device: String
    /// The kernels, as C declares them.
    public var kernels: [String]
    /// Bytes of code.
    public var bytes: Int
    /// Seconds that it took, or that looking it up took.
    public var seconds: Double
    /// Where the code was written.
    public var file: String?

    /// All parts.
    public init(device: String, kernels: [String], bytes: Int, seconds: Double, file: String?) {
        self.device = device
        self.kernels = kernels
        self.bytes = bytes
        self.seconds = seconds
        self.file = file
    }
}
