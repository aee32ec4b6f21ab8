import StewardCompute

/// An array of fp32 numbers on a device, as an operation of a ``Tape`` left it or as a parameter of a model.
public final class Tensor {
    /// Its dimensions.
    public let shape: Shape
    /// Whether the loss is to be differentiated by it.
    public let needsGradient: Bool
    package let cells: Cells<Float>
    /// Nil for parameters, which lie in their set's memory.
    package let storage: Storage?
    package var gradient: Gradient?
    /// Whether the values outlive the backward pass.
    package var isRetained = false

    /// d loss / d tensor: in memory of the arena, or at a parameter's place.
    package struct Gradient {
        package var cells: Cells<Float>
        package var storage: Storage?
        /// Whether it has a value in this pass.
        package var isWritten: Bool
    }

    package init(_ shape: Shape, storage: Storage, needsGradient: Bool) {
        self.shape = shape
        self.storage = storage
        self.needsGradient = needsGradient
        cells = storage.cells.part(0, shape.count)
    }

    /// A parameter: values and gradient at fixed places.
    package init(parameter shape: Shape, cells: Cells<Float>, gradient: Cells<Float>) {
        self.shape = shape
        self.cells = cells
        storage = nil
        needsGradient = true
        self.gradient = Gradient(cells: gradient, storage: nil, isWritten: false)
    }

    /// Values at a fixed place that nothing is differentiated by.
    package init(input shape: Shape, cells: Cells<Float>) {
        self.shape = shape
        self.cells = cells
        storage = nil
        needsGradient = false
        isRetained = true
    }

    /// Cells of the last dimension, and how many rows of them there are.
    package var extent: Extent {
        let columns = shape.dimensions.last ?? 1
        return Extent(rows: columns == 0 ? 0 : shape.count / columns, columns: columns)
    }
}

/// Whole numbers on a device: tokens, classes. Checked against their limit when they are written.
public final class Indices {
    /// How many there are.
    public let count: Int
    /// Every index is below it.
    public let limit: Int
    package let cells: Cells<Int32>
    private let kernels: any TensorKernels

    /// Room for `count` indices from 0 to `limit` - 1; zeros at first.
    public init(_ count: Int, below limit: Int, on device: TensorDevice) throws(ComputeError) {
        self.count = count
        self.limit = limit
        kernels = device.kernels
        cells = try Cells(count, on: device.device)
        try kernels.write([Int32](repeating: 0, count: count), to: cells)
    }

    /// Replaces all of them.
    /// - Throws: ``ComputeError/Code/bounds`` that names the first one outside, or another count.
    public func write(_ values: [Int32]) throws(ComputeError) {
        guard values.count == count else {
            throw ComputeError(.bounds, "\(values.count) indices are given where there is room for \(count).")
        }
        if let place = values.firstIndex(where: { $0 < 0 || Int($0) >= limit }) {
            throw ComputeError(
                .bounds, "Index \(values[place]) at place \(place) is not in 0..<\(limit): check the data.")
        }
        try kernels.write(values, to: cells)
    }
}
