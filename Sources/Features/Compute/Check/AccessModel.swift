/// How memory is touched.
package struct AccessKind: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read: AccessKind = []
    package static let write = AccessKind(rawValue: 1)
    package static let atomic = AccessKind(rawValue: 2)
    /// The compiler knows that the address may be crooked, and copes with it.
    package static let unaligned = AccessKind(rawValue: 8)
}

/// One access of one thread, located in a region; reported before it happens.
package struct MemoryAccess: Hashable, Sendable {
    /// Linear, x fastest.
    package var block: Int
    /// Linear within the block.
    package var thread: Int
    /// The number of the region.
    package var region: Int
    /// Bytes from the region's start; negative or beyond its size where the access is out of bounds.
    package var offset: Int
    /// Bytes.
    package var size: Int
    package var kind: AccessKind
    /// The number of the instruction's place.
    package var site: Int

    /// More than there are addresses.
    package static let mostBytes = 1 << 48

    package init(
        block: Int, thread: Int, region: Int, offset: Int, size: Int = 4, kind: AccessKind = .read, site: Int
    ) {
        (self.block, self.thread, self.region, self.offset) = (block, thread, region, offset)
        (self.size, self.kind, self.site) = (size, kind, site)
    }

    package var isWrite: Bool { kind.contains(.write) }
    package var isAtomic: Bool { kind.contains(.atomic) }
}

/// A named piece of memory that a kernel can touch.
package struct MemoryRegion: Hashable, Sendable {
    package enum Space: String, Hashable, Sendable, Codable {
        /// A buffer, or a `__device__` variable: seen by every block.
        case global
        /// `__shared__`: each block has its own.
        case shared
        /// `__constant__` and what the compiler keeps.
        case constant
    }

    package var name: String
    package var space: Space
    package var byteCount: Int
    /// The type of a cell, where it is known.
    package var element: ElementType?
    /// Whether its cells hold something before the launch.
    package var isInitialised: Bool
    /// Whether every cell is expected to be written; nil where nobody knows.
    package var isOutput: Bool?

    package init(
        name: String, space: Space = .global, byteCount: Int, element: ElementType? = nil,
        isInitialised: Bool = true, isOutput: Bool? = nil
    ) {
        (self.name, self.space, self.byteCount, self.element) = (name, space, byteCount, element)
        (self.isInitialised, self.isOutput) = (isInitialised, isOutput)
    }

    /// Bytes of a cell as an access of `size` bytes sees it.
    package func cellSize(_ size: Int) -> Int { max(1, element?.size ?? size) }
}

/// Receives what an instrumented launch does, in the order in which it is done.
package protocol AccessSink: AnyObject {
    /// A block begins; the one before it is done.
    func begin(block: Int)
    /// Called before the access happens, whether or not it lies within its region.
    func access(_ access: MemoryAccess)
    /// An access to an address that belongs to no region; the launch ends before it.
    func wild(_ access: MemoryAccess, address: UInt64)
    /// A thread arrives at `__syncthreads` or its kin.
    func arrives(block: Int, thread: Int, line: Int)
    /// Every thread that waits goes on: all of the block have arrived.
    func barrier(block: Int)
    /// The lanes of `mask` have met at `__syncwarp`.
    func warpBarrier(block: Int, warp: Int, mask: UInt32)
    /// `__threadfence` and its kin.
    func fence(block: Int, thread: Int)
}

/// Which places in the source the numbers of accesses' sites mean.
package final class SiteTable {
    package private(set) var places: [LineTable.Place] = []

    package init() {}

    /// A number for one instruction of that place.
    package func add(_ place: LineTable.Place) -> Int {
        places.append(place)
        return places.count - 1
    }
}
