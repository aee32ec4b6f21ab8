import StewardCompute

/// Memory of one tensor, counted by who uses it.
package final class Storage {
    package let cells: Cells<Float>
    /// Tensors and gradients that lie in it.
    package var users = 1

    init(_ cells: Cells<Float>) { self.cells = cells }
}

/// Memory for tensors of one device: what one step gives back the next one takes, so that a loop asks the system for
/// memory in its first step only.
package final class Arena {
    private let device: Device
    private var free: [Int: [Storage]] = [:]
    /// Cells that were ever asked of the device.
    package private(set) var allocated = 0

    package init(_ device: Device) { self.device = device }

    /// At least `count` cells; contents are what was there before.
    package func take(_ count: Int) throws(ComputeError) -> Storage {
        let size = Self.size(count)
        if let storage = free[size]?.popLast() {
            storage.users = 1
            return storage
        }
        allocated += size
        return Storage(try Cells(size, on: device))
    }

    /// One user less; the last one's memory is free for the next.
    package func release(_ storage: Storage) {
        storage.users -= 1
        precondition(storage.users >= 0, "memory is given back once")
        if storage.users == 0 { free[storage.cells.count, default: []].append(storage) }
    }

    /// Sizes are rounded up to an eighth of a power of two, so that near sizes share memory.
    static func size(_ count: Int) -> Int {
        guard count > 64 else { return 64 }
        let step = max(16, (1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)) / 16)
        return (count + step - 1) / step * step
    }
}
