import CCompute
import Glibc

/// This machine's processor.
package final class CPUBackend: Backend {
    /// The one there is.
    package static let shared = CPUBackend()

    package let info = DeviceInfo(
        kind: .cpu, id: "cpu", name: "processor", multiprocessors: Int(steward_threads()), memory: 1 << 30,
        maxThreadsPerBlock: 1024, maxBlock: Dim3(1024, 1024, 64), maxGrid: Dim3(Int(Int32.max), 65535, 65535),
        maxSharedMemory: 48 << 10, architecture: "")
    package let defaultStream: any BackendStream = CPUStream()

    private init() {}

    package func allocate(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CPUMemory(byteCount: byteCount)
    }

    package func allocateHost(byteCount: Int) throws(ComputeError) -> any DeviceAllocation {
        try CPUMemory(byteCount: byteCount)
    }

    package func compile(_ source: KernelSource) throws(ComputeError) -> any CompiledProgram {
        throw ComputeError(.noCompiler, "Kernels can't be compiled on this machine.")
    }

    package func makeStream() throws(ComputeError) -> any BackendStream { CPUStream() }

    package func synchronize() throws(ComputeError) { try defaultStream.synchronize() }
}
