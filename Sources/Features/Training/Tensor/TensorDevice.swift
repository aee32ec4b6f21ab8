import StewardCompute

/// A device for tensors: its kernels and its memory. For one task at a time.
public final class TensorDevice {
    /// Where the tensors lie.
    public let device: Device
    package let kernels: any TensorKernels
    package let arena: Arena

    /// Which kernels run.
    public enum Path: Hashable, Sendable {
        /// The C kernels on the processor, CUDA C on a GPU.
        case native
        /// CUDA C on the processor too: the kernels that a GPU would run.
        case cudaC
    }

    /// - Throws: ``ComputeError`` when the CUDA C kernels can't be compiled for the device.
    public init(_ device: Device, path: Path = .native) throws(ComputeError) {
        self.device = device
        let usesC = device.info.kind == .cpu && path == .native
        kernels = usesC ? CPUKernels() : try CUDAKernels(device)
        arena = Arena(device)
    }

    /// The device that fits the wish.
    public convenience init(_ wish: Device.Wish, path: Path = .native) throws(ComputeError) {
        try self.init(Device.select(wish), path: path)
    }

    /// Cells that the arena has taken from the device.
    public var allocatedCells: Int { arena.allocated }
}
