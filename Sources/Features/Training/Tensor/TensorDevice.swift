import StewardCompute

/// A device for tensors: its kernels and its memory. For one task at a time.
public final class TensorDevice {
    /// Where the tensors lie.
    public let device: Device
    package let kernels: any TensorKernels
    package let arena: Arena
    /// Whether products may round their factors to TF32; a processor's never do.
    public let allowsTF32: Bool

    /// Which kernels run.
    public enum Path: Hashable, Sendable {
        /// The C kernels on the processor, CUDA C on a GPU.
        case native
        /// CUDA C on the processor too: the kernels that a GPU would run.
        case cudaC
    }

    /// - Throws: ``ComputeError`` when the CUDA C kernels can't be compiled for the device.
    public init(_ device: Device, path: Path = .native, allowsTF32: Bool = false) throws(ComputeError) {
        self.device = device
        let isProcessor = device.info.kind == .cpu
        self.allowsTF32 = allowsTF32 && !isProcessor
        let usesC = isProcessor && path == .native
        kernels = usesC ? CPUKernels() : try CUDAKernels(device, precision: self.allowsTF32 ? .tf32 : .fp32)
        arena = Arena(device)
    }

    /// The device that fits the wish.
    public convenience init(
        _ wish: Device.Wish, path: Path = .native, allowsTF32: Bool = false
    ) throws(ComputeError) {
        try self.init(Device.select(wish), path: path, allowsTF32: allowsTF32)
    }

    /// Cells that the arena has taken from the device.
    public var allocatedCells: Int { arena.allocated }
}
