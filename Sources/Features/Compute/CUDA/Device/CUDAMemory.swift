/// A piece of the GPU's memory. Its last reference goes when no queued work uses it any more (streams keep what they
/// were given), so that it may serve the next allocation on any stream at once.
package final class CUDAMemory: DeviceAllocation {
    package let address: UInt64
    package let byteCount: Int
    private let pool: CUDAMemoryPool

    init(byteCount: Int, from pool: CUDAMemoryPool) throws(ComputeError) {
        self.byteCount = byteCount
        self.pool = pool
        address = try pool.take(byteCount)
    }

    deinit { pool.give(address, byteCount: byteCount) }
}

/// Page-locked memory of the host.
package final class CUDAHostMemory: DeviceAllocation {
    package let address: UInt64
    package let byteCount: Int
    private let context: CUDAContext

    /// `CU_MEMHOSTALLOC_PORTABLE`: page-locked for every context.
    private static let portable: UInt32 = 1

    init(byteCount: Int, context: CUDAContext) throws(ComputeError) {
        var pointer: UnsafeMutableRawPointer?
        try context.perform("cuMemHostAlloc", detail: "; \(byteCount) bytes were asked for") { driver in
            driver.allocateHost(&pointer, max(1, byteCount), Self.portable)
        }
        address = UInt64(UInt(bitPattern: pointer))
        self.byteCount = byteCount
        self.context = context
    }

    deinit {
        let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address))
        context.dispose { $0.freeHost(pointer) }
    }
}
