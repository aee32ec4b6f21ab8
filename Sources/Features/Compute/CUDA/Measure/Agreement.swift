/// How near a device's results are to the same computed in float64.
public struct Agreement: Hashable, Sendable, Codable {
    /// What was computed: `product 128x96x64 tf32, A transposed`, `saxpy`.
    public var name: String
    /// Cells that were compared.
    public var cells: Int
    /// The largest difference.
    public var largestError: Double
    /// The largest part of its own bound that any cell's difference is: at most 1 where all is well, the largest number
    /// there is where a result is none.
    public var largestShare: Double

    /// Whether every cell lies within its bound.
    public var holds: Bool { largestShare <= 1 }

    /// Compares cell by cell.
    /// - Parameter bound: how far the cell of that index may be off.
    package init(_ name: String, _ results: [Float], _ exact: [Double], bound: (Int) -> Double) {
        self.name = name
        cells = results.count
        largestError = 0
        largestShare = results.count == exact.count ? 0 : Self.none
        for index in results.indices where index < exact.count {
            let error = abs(Double(results[index]) - exact[index])
            let share = error == 0 ? 0 : error / bound(index)
            largestError = max(largestError, error.isFinite ? error : Self.none)
            largestShare = max(largestShare, share.isFinite ? share : Self.none)
        }
    }

    /// JSON has no infinity.
    private static let none = Double.greatestFiniteMagnitude

    /// Everything that Steward computes on a device, checked: products in each precision and the constructs of kernels.
    /// - Parameter sizes: of the products; those of a machine without optimisation must be small.
    public static func survey(
        _ device: Device, sizes: [Dim3] = [Dim3(1, 1, 1), Dim3(7, 5, 3), Dim3(65, 33, 129), Dim3(64, 48, 512)]
    ) throws(ComputeError) -> [Agreement] {
        var found: [Agreement] = []
        for precision in MatrixProduct.Precision.allCases where device.info.kind == .cuda || precision == .fp32 {
            for size in sizes { found += try products(device, size, precision) }
        }
        return found + (try kernels(device))
    }
}
