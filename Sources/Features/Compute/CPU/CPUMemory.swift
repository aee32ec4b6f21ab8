import Glibc

/// Memory of the host, 64-byte aligned.
package final class CPUMemory: DeviceAllocation {
    package let address: UInt64
    package let byteCount: Int

    package init(byteCount: Int) throws(ComputeError) {
        let most = CPUFacts.current.memory
        guard byteCount <= most else {
            throw ComputeError(
                .outOfMemory, "\(byteCount) bytes of memory are asked for; this machine gives \(most): ask for less.")
        }
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, 64, max(64, byteCount)) == 0, let pointer else {
            throw ComputeError(
                .outOfMemory, "\(byteCount) bytes of memory could not be had: free some or ask for less.")
        }
        address = UInt64(UInt(bitPattern: pointer))
        self.byteCount = byteCount
    }

    deinit { free(UnsafeMutableRawPointer(bitPattern: UInt(address))) }
}
