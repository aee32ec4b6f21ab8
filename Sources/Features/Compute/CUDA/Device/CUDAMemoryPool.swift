import Synchronization

/// The GPU's memory in pieces that are kept for the next request of their size: asking the driver costs it a
/// hundred times what a launch does, and freeing waits for the whole device.
package final class CUDAMemoryPool: Sendable {
    let context: CUDAContext
    /// Waits for queued work, so that what only it kept alive comes back here.
    private let settle: @Sendable () -> Void
    private let free = Mutex<[Int: [UInt64]]>([:])

    init(context: CUDAContext, settle: @escaping @Sendable () -> Void) {
        self.context = context
        self.settle = settle
    }

    deinit { drain() }

    /// Multiples of 512 bytes, from 1 MiB on of the 2 MiB pages that the driver hands out anyway.
    package static func rounded(_ byteCount: Int) -> Int {
        let step = byteCount < 1 << 20 ? 512 : 2 << 20
        return max(step, (byteCount + step - 1) / step * step)
    }

    /// - Throws: ``ComputeError/Code/outOfMemory`` with what was asked for and what is free.
    func take(_ byteCount: Int) throws(ComputeError) -> UInt64 {
        guard byteCount <= Int.max - (4 << 20) else { throw tooMuch(byteCount) }
        let size = Self.rounded(byteCount)
        if !context.hasEnded, let address = free.withLock({ $0[size]?.popLast() }) { return address }
        do throws(ComputeError) {
            return try allocate(size, asked: byteCount)
        } catch {
            guard error.code == .outOfMemory else { throw error }
        }
        settle()
        if let address = free.withLock({ $0[size]?.popLast() }) { return address }
        drain()
        return try allocate(size, asked: byteCount)
    }

    func give(_ address: UInt64, byteCount: Int) {
        free.withLock { $0[Self.rounded(byteCount), default: []].append(address) }
    }

    /// Gives everything that is unused back to the driver.
    package func drain() {
        let addresses = free.withLock { free -> [UInt64] in
            defer { free = [:] }
            return free.values.flatMap { $0 }
        }
        for address in addresses { context.dispose { $0.free(address) } }
    }

    private func allocate(_ size: Int, asked: Int) throws(ComputeError) -> UInt64 {
        var address: UInt64 = 0
        try context.perform("cuMemAlloc_v2", detail: "; \(asked) bytes were asked for\(freeNow())") { driver in
            driver.allocate(&address, size)
        }
        return address
    }

    private func freeNow() -> String {
        var (free, total) = (0, 0)
        guard context.driver.memory(&free, &total) == 0 else { return "" }
        return ", \(free) of \(total) are free"
    }

    private func tooMuch(_ byteCount: Int) -> ComputeError {
        ComputeError(.outOfMemory, "\(byteCount) bytes were asked for: no device has so many; ask for less.")
    }
}
