/// What kind of device runs kernels.
public enum DeviceKind: String, Hashable, Sendable, Codable { case cpu, cuda }

/// What a device is and has: the same facts for a processor and for a GPU.
public struct DeviceInfo: Hashable, Sendable, Codable {
    /// A processor or a GPU.
    public var kind: DeviceKind
    /// `cpu`, or `cuda:0`: what `--device` takes.
    public var id: String
    /// The maker's name: `AMD EPYC 9R14`, `NVIDIA H100 80GB HBM3`.
    public var name: String
    /// Cores of a processor that this process may use, streaming multiprocessors of a GPU.
    public var multiprocessors: Int
    /// Bytes of the device's memory in all.
    public var memory: Int
    /// Threads that one block may have at most.
    public var maxThreadsPerBlock: Int
    /// The largest block in each dimension.
    public var maxBlock: Dim3
    /// The largest grid in each dimension.
    public var maxGrid: Dim3
    /// Bytes of shared memory that one block may have, static and dynamic together.
    public var maxSharedMemory: Int
    /// Threads a warp: 32.
    public var warpSize: Int
    /// SIMD extensions of a processor (`AVX-512`), compute capability of a GPU (`9.0`).
    public var architecture: String
    /// `GPU-...` by which the driver knows the card; nil for a processor.
    public var uuid: String?
    /// The driver's version (`12.8`); nil for a processor.
    public var driver: String?

    /// The facts of one device.
    public init(
        kind: DeviceKind, id: String, name: String, multiprocessors: Int, memory: Int, maxThreadsPerBlock: Int,
        maxBlock: Dim3, maxGrid: Dim3, maxSharedMemory: Int, warpSize: Int = 32, architecture: String,
        uuid: String? = nil, driver: String? = nil
    ) {
        self.kind = kind
        self.id = id
        self.name = name
        self.multiprocessors = multiprocessors
        self.memory = memory
        self.maxThreadsPerBlock = maxThreadsPerBlock
        self.maxBlock = maxBlock
        self.maxGrid = maxGrid
        self.maxSharedMemory = maxSharedMemory
        self.warpSize = warpSize
        self.architecture = architecture
        self.uuid = uuid
        self.driver = driver
    }
}

/// Why no GPU (or not this one) can be used: a typed reason, never a crash.
public struct DeviceAbsence: Hashable, Sendable, Codable {
    /// What kind of absence it is; stable, for programs.
    public enum Reason: String, Hashable, Sendable, Codable {
        /// The library isn't on this machine: no NVIDIA driver.
        case libraryMissing = "library-missing"
        /// The library is one of the toolkit's stubs, made for linking only.
        case stubLibrary = "stub-library"
        /// The library lacks a function that is needed: too old.
        case tooOld = "too-old"
        /// The driver answers, and there is no device (or `CUDA_VISIBLE_DEVICES` hides all).
        case noDevice = "no-device"
        /// The driver refused: its code and name are in the sentence.
        case driverError = "driver-error"
    }

    /// What kind of absence it is.
    public var reason: Reason
    /// The library that it is about: `libcuda.so.1`, `libnvrtc.so.12`.
    public var library: String
    /// A full sentence with the way out.
    public var sentence: String

    /// An absence; `sentence` says what to do.
    public init(_ reason: Reason, library: String, sentence: String) {
        self.reason = reason
        self.library = library
        self.sentence = sentence
    }
}
