/// The size of a grid in blocks or of a block in threads, or a place in one: CUDA's `dim3`.
///
/// Threads are numbered with `x` running fastest; 32 neighbours in that order are a warp
/// (CUDA C++ Programming Guide, "Thread Hierarchy").
public struct Dim3: Hashable, Sendable, Codable {
    /// The dimension that runs fastest.
    public var x: Int
    /// The second dimension.
    public var y: Int
    /// The third dimension.
    public var z: Int

    /// A size; what is left out is 1.
    public init(_ x: Int, _ y: Int = 1, _ z: Int = 1) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// How many cells there are: `x * y * z`.
    public var count: Int { x * y * z }

    /// The same where it fits, else the largest number.
    package var clampedCount: Int {
        let plane = x.multipliedReportingOverflow(by: y)
        let all = plane.partialValue.multipliedReportingOverflow(by: z)
        return plane.overflow || all.overflow ? .max : all.partialValue
    }
}

extension Dim3: ExpressibleByIntegerLiteral {
    /// A size from a literal, in one dimension.
    public init(integerLiteral value: Int) { self.init(value) }
}

extension Dim3: CustomStringConvertible {
    /// `4096`, `16x16` or `8x8x4`.
    public var description: String { z == 1 ? (y == 1 ? "\(x)" : "\(x)x\(y)") : "\(x)x\(y)x\(z)" }
}

/// What one launch runs over: CUDA's `<<<grid, block, shared>>>`.
public struct LaunchShape: Hashable, Sendable, Codable {
    /// Blocks.
    public var grid: Dim3
    /// Threads a block.
    public var block: Dim3
    /// Bytes of dynamic shared memory (`extern __shared__`) a block.
    public var shared: Int

    /// A launch; no dynamic shared memory unless said.
    public init(grid: Dim3, block: Dim3, shared: Int = 0) {
        self.grid = grid
        self.block = block
        self.shared = shared
    }
}
