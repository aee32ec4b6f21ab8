/// A processor or a GPU that runs kernels. Copies are the same device; all of it may be used from any thread.
public struct Device: Sendable {
    package let backend: any Backend
    /// What it is and has.
    public var info: DeviceInfo { backend.info }

    package init(backend: any Backend) { self.backend = backend }

    /// Which device is wanted.
    public enum Wish: Hashable, Sendable {
        /// The first GPU that can be used, else the processor.
        case best
        case cpu
        /// The first GPU that is visible, and no processor.
        case gpu
        /// The GPU with this number among those visible, as `nvidia-smi` counts them (by PCI bus).
        case cuda(Int)

        /// From `auto`, `cpu`, `cuda`, `cuda:1`.
        /// - Throws: ``ComputeError/Code/deviceUnavailable`` for any other word, with the words there are.
        public init(_ text: String) throws(ComputeError) {
            switch text {
            case "auto", "best": self = .best
            case "cpu": self = .cpu
            case "cuda", "gpu": self = .gpu
            default:
                guard text.hasPrefix("cuda:"), let number = Int(text.dropFirst(5)), number >= 0 else {
                    throw ComputeError(
                        .deviceUnavailable, "There is no device '\(text)': it is auto, cpu, cuda or cuda:NUMBER.")
                }
                self = .cuda(number)
            }
        }
    }

    /// The device that fits the wish.
    /// - Throws: ``ComputeError/Code/deviceUnavailable`` with the reason why the GPU can't be used.
    public static func select(_ wish: Wish = .best) throws(ComputeError) -> Device {
        switch wish {
        case .cpu: return Device(backend: CPUBackend.shared)
        case .gpu: return Device(backend: try CUDABackend.open(nil))
        case .cuda(let number): return Device(backend: try CUDABackend.open(number))
        case .best:
            guard let gpu = try? CUDABackend.open(nil) else { return Device(backend: CPUBackend.shared) }
            return Device(backend: gpu)
        }
    }

    /// Every device that can be used, the processor first, and why GPUs can't be where they can't.
    public static func survey() -> (devices: [Device], absences: [DeviceAbsence]) {
        let (backends, absences) = CUDABackend.survey()
        return ([Device(backend: CPUBackend.shared)] + backends.map(Device.init(backend:)), absences)
    }

    /// Compiles CUDA C for this device, or takes it from the cache (keyed by source, options, compiler and device).
    /// - Throws: ``ComputeError/Code/compilation`` with the compiler's diagnostics in the source's own lines,
    ///   ``ComputeError/Code/noCompiler`` with what to install.
    public func compile(cuda source: KernelSource) throws(ComputeError) -> Program {
        Program(compiled: try backend.compile(source), source: source, device: self)
    }

    /// A queue of work in order; work in different streams may overlap.
    public func makeStream() throws(ComputeError) -> Stream { Stream(try backend.makeStream(), device: self) }

    /// The stream that is used where none is named.
    public var defaultStream: Stream { Stream(backend.defaultStream, device: self) }

    /// Waits until everything that was queued on this device is done.
    /// - Throws: the first error of that work.
    public func synchronize() throws(ComputeError) { try backend.synchronize() }
}
