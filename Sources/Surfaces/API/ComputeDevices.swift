/// Answer of `GET /_platform/compute/devices`, and what `steward compute devices --json` prints.
public struct ComputeDevices: Codable, Hashable, Sendable {
    /// The devices that can be used, the processor first.
    public var devices: [ComputeDevice]
    /// Why GPUs can't be used, where they can't.
    public var absences: [ComputeAbsence]

    /// All parts.
    public init(devices: [ComputeDevice], absences: [ComputeAbsence]) {
        self.devices = devices
        self.absences = absences
    }
}

/// One device that runs kernels.
public struct ComputeDevice: Codable, Hashable, Sendable {
    /// What `--device` takes: `cpu`, `cuda:0`.
    public var id: String
    /// `cpu` or `cuda`.
    public var kind: String
    /// The maker's name.
    public var name: String
    /// Cores of a processor that may be used, streaming multiprocessors of a GPU.
    public var multiprocessors: Int
    /// Bytes of memory in all.
    public var memory: Int
    /// SIMD extensions of a processor, compute capability of a GPU.
    public var architecture: String
    /// Threads that a block may have.
    public var threadsPerBlock: Int
    /// Bytes of shared memory that a block may have.
    public var sharedMemory: Int
    /// By which the driver knows a GPU.
    public var uuid: String?
    /// The driver's version.
    public var driver: String?
    /// What was measured here and now; nil where nothing was.
    public var measured: ComputeMeasures?
    /// Who holds a GPU, so that it was not measured: `held by local:anna`.
    public var held: String?

    enum CodingKeys: String, CodingKey {
        case id, kind, name, multiprocessors, memory, architecture, uuid, driver, measured, held
        case threadsPerBlock = "threads_per_block"
        case sharedMemory = "shared_memory"
    }

    /// All parts.
    public init(
        id: String, kind: String, name: String, multiprocessors: Int, memory: Int, architecture: String,
        threadsPerBlock: Int, sharedMemory: Int, uuid: String? = nil, driver: String? = nil,
        measured: ComputeMeasures? = nil
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.multiprocessors = multiprocessors
        self.memory = memory
        self.architecture = architecture
        self.threadsPerBlock = threadsPerBlock
        self.sharedMemory = sharedMemory
        self.uuid = uuid
        self.driver = driver
        self.measured = measured
    }
}

/// What a device does in fact.
public struct ComputeMeasures: Codable, Hashable, Sendable {
    /// A matrix product in fp32 on one core, 10^9 operations a second; nil for a GPU.
    public var gflopsOneCore: Double?
    /// The same on all of the device.
    public var gflops: Double
    /// Memory read and written, 10^9 bytes a second.
    public var gigabytesPerSecond: Double

    enum CodingKeys: String, CodingKey {
        case gflops
        case gflopsOneCore = "gflops_one_core"
        case gigabytesPerSecond = "gigabytes_per_second"
    }

    /// All parts.
    public init(gflopsOneCore: Double?, gflops: Double, gigabytesPerSecond: Double) {
        self.gflopsOneCore = gflopsOneCore
        self.gflops = gflops
        self.gigabytesPerSecond = gigabytesPerSecond
    }
}

/// Why no GPU, or not this one, can be used.
public struct ComputeAbsence: Codable, Hashable, Sendable {
    /// `library-missing`, `stub-library`, `too-old`, `no-device` or `driver-error`.
    public var reason: String
    /// The library that it is about.
    public var library: String
    /// A sentence with the way out.
    public var sentence: String

    /// All parts.
    public init(reason: String, library: String, sentence: String) {
        self.reason = reason
        self.library = library
        self.sentence = sentence
    }
}
