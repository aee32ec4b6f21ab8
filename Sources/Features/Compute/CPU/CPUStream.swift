import CCompute
import Glibc

/// Work in order on the processor, done at once in the caller's thread.
package final class CPUStream: BackendStream {
    package init() {}

    package func launch(
        _ kernel: any CompiledKernel, _ shape: LaunchShape, _ arguments: ArgumentList
    ) throws(ComputeError) {
        throw ComputeError(.unsupported, "No kernel can be launched.")
    }

    package func copyToDevice(
        _ source: UnsafeRawPointer?, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        memmove(UnsafeMutableRawPointer(bitPattern: UInt(target))!, source!, byteCount)
    }

    package func copyToHost(
        from source: UInt64, _ target: UnsafeMutableRawPointer?, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        memmove(target!, UnsafeRawPointer(bitPattern: UInt(source))!, byteCount)
    }

    package func copyOnDevice(
        from source: UInt64, to target: UInt64, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        memmove(
            UnsafeMutableRawPointer(bitPattern: UInt(target))!, UnsafeRawPointer(bitPattern: UInt(source))!, byteCount)
    }

    package func fill(
        _ target: UInt64, byte: UInt8, byteCount: Int, keeping: any DeviceAllocation...
    ) throws(ComputeError) {
        memset(UnsafeMutableRawPointer(bitPattern: UInt(target))!, Int32(byte), byteCount)
    }

    package func multiply(_ product: MatrixProduct) throws(ComputeError) { try CPUProduct.run(product) }

    package func record() throws(ComputeError) -> any BackendEvent {
        throw ComputeError(.unsupported, "No events yet.")
    }

    package func wait(for event: any BackendEvent) throws(ComputeError) {}
    package func synchronize() throws(ComputeError) {}
    package func beginCapture() throws(ComputeError) { throw ComputeError(.unsupported, "No graphs yet.") }
    package func endCapture() throws(ComputeError) -> any BackendGraph {
        throw ComputeError(.unsupported, "No graphs yet.")
    }
}
