import StewardCompute

/// The texts of the CUDA C kernels, one a family.
package enum CUDASource {
    /// All of them, to compile for every generation of GPUs.
    package static var all: [KernelSource] { [cells, rows, images] }
}

/// The operations by CUDA C kernels and the device's products: on a GPU, and on the processor to check them.
package final class CUDAKernels: TensorKernels {
    let stream: Stream
    let device: Device
    private let precision: MatrixProduct.Precision
    private var kernels: [String: any CompiledKernel] = [:]
    /// Sums of parts, before they are added up. One operation at a time uses it: they queue in order.
    private var partial: Cells<Float>
    /// Blocks whose partial sums are added up.
    private static let sumBlocks = 256

    /// Compiles the kernels for the device, or takes them from the cache.
    /// - Parameter precision: of products.
    package init(_ device: Device, precision: MatrixProduct.Precision = .fp32) throws(ComputeError) {
        self.device = device
        self.precision = precision
        stream = device.defaultStream
        partial = try Cells(Self.sumBlocks, on: device)
        for source in CUDASource.all {
            let program = try device.compile(cuda: source)
            for signature in program.signatures {
                kernels[signature.name] = try program.compiled.kernel(named: signature.name)
            }
        }
    }

    func launch(
        _ name: String, grid: Dim3, block: Dim3, _ arguments: any KernelArgument...
    ) throws(ComputeError) {
        try launch(name, LaunchShape(grid: grid, block: block), arguments)
    }

    /// One thread for each of `count` cells; the count is the last argument.
    func launch(_ name: String, cells count: Int, _ arguments: any KernelArgument...) throws(ComputeError) {
        let shape = LaunchShape(grid: Dim3((count + 255) / 256), block: 256)
        if count > 0 { try launch(name, shape, arguments + [Int64(count)]) }
    }

    /// One warp for each row; rows and columns are the last arguments.
    func launch(_ name: String, _ extent: Extent, _ arguments: any KernelArgument...) throws(ComputeError) {
        let shape = LaunchShape(grid: Dim3((extent.rows + 3) / 4), block: Dim3(32, 4))
        try launch(name, shape, arguments + [Int32(extent.rows), Int32(extent.columns)])
    }

    /// Eight threads for each column of each of `parts` parts of the rows.
    func launch(
        _ name: String, columnsOf extent: Extent, parts: Int, _ arguments: any KernelArgument...
    ) throws(ComputeError) {
        let shape = LaunchShape(grid: Dim3((extent.columns + 31) / 32, parts), block: Dim3(32, 8))
        try launch(name, shape, arguments + [Int32(extent.rows), Int32(extent.columns)])
    }

    /// Room for sums of parts.
    func room(_ count: Int) throws(ComputeError) -> Cells<Float> {
        if partial.count < count { partial = try Cells(count, on: device) }
        return partial.part(0, count)
    }

    private func launch(
        _ name: String, _ shape: LaunchShape, _ arguments: [any KernelArgument]
    ) throws(ComputeError) {
        guard let kernel = kernels[name] else { throw ComputeError(.noKernel, "The training has no kernel \(name).") }
        try kernel.signature.check(arguments.map { type(of: $0).parameterType }, file: "training")
        var list = ArgumentList()
        for argument in arguments { argument.append(to: &list) }
        try stream.backend.launch(kernel, shape, list)
    }

    package func multiply(_ product: MatrixProduct) throws(ComputeError) {
        var product = product
        product.precision = precision
        try stream.backend.multiply(product)
    }

    package func write<Value: Element>(_ values: [Value], to x: Cells<Value>) throws(ComputeError) {
        precondition(values.count <= x.count)
        try values.withUnsafeBytesTyped { (bytes) throws(ComputeError) in
            guard bytes.count > 0 else { return }
            try stream.backend.copyToDevice(
                bytes.baseAddress, to: x.address, byteCount: bytes.count, keeping: x.allocation)
            try stream.backend.synchronize()
        }
    }

    package func read<Value: Element>(_ x: Cells<Value>) throws(ComputeError) -> [Value] {
        let storage = UnsafeMutableBufferPointer<Value>.allocate(capacity: x.count)
        defer { storage.deallocate() }
        try stream.backend.copyToHost(
            from: x.address, storage.baseAddress, byteCount: x.count * MemoryLayout<Value>.stride,
            keeping: x.allocation)
        try stream.backend.synchronize()
        return Array(storage)
    }

    package func copy(_ x: Cells<Float>, to y: Cells<Float>) throws(ComputeError) {
        try stream.backend.copyOnDevice(
            from: x.address, to: y.address, byteCount: x.count * 4, keeping: x.allocation, y.allocation)
    }

    package func sum(_ x: Cells<Float>, factor: Float, _ out: Cells<Float>) throws(ComputeError) {
        try addUp(x, squares: 0, factor, out)
    }

    package func sumOfSquares(_ x: Cells<Float>, _ out: Cells<Float>) throws(ComputeError) {
        try addUp(x, squares: 1, 1, out)
    }

    private func addUp(
        _ x: Cells<Float>, squares: Int32, _ factor: Float, _ out: Cells<Float>
    ) throws(ComputeError) {
        let blocks = max(1, min(Self.sumBlocks, (x.count + 4095) / 4096))
        let sums = try room(blocks)
        try launch("block_sum", grid: Dim3(blocks), block: 256, x, sums, squares, Float(1), Int64(x.count))
        try launch("block_sum", grid: 1, block: 256, sums, out, Int32(0), factor, Int64(blocks))
    }
}

extension Bool {
    /// As C has it.
    var c: Int32 { self ? 1 : 0 }
}
