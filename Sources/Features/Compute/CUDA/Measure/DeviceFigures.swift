/// What a GPU was measured to do. Nothing here is computed from data sheets.
public struct DeviceFigure: Hashable, Sendable, Codable {
    /// `copy to device`, `product 4096 bf16`, `launch`.
    public var name: String
    /// `GB/s`, `TFLOP/s`, `us`.
    public var unit: String
    /// The median of `samples`.
    public var median: Double
    /// Each repetition, in the order of measurement.
    public var samples: [Double]

    init(_ name: String, _ unit: String, _ samples: [Double]) {
        self.name = name
        self.unit = unit
        self.samples = samples
        let sorted = samples.sorted()
        median = sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}

/// Measures copies, launches and products of a device by its own events.
public struct DeviceFigures: Sendable {
    private let device: Device
    private let repetitions: Int
    /// Bytes of a copy.
    private let bytes: Int
    private let productSizes: [Int]
    private let launches: Int

    /// - Parameters:
    ///   - bytes: of one copy.
    ///   - productSizes: rows and columns of the square matrices that are multiplied.
    ///   - launches: in a row; fewer than a driver queues (some 1,000), beyond which it waits for the device.
    public init(
        _ device: Device, repetitions: Int = 15, bytes: Int = 256 << 20, productSizes: [Int] = [1024, 4096, 8192],
        launches: Int = 500
    ) {
        self.device = device
        self.repetitions = repetitions
        self.bytes = bytes
        self.productSizes = productSizes
        self.launches = launches
    }

    /// All of them.
    public func measure() throws(ComputeError) -> [DeviceFigure] {
        var figures = try copies() + (try launchCosts())
        for size in productSizes {
            for precision in MatrixProduct.Precision.allCases where device.info.kind == .cuda || precision == .fp32 {
                figures.append(try product(size, precision))
            }
        }
        return figures
    }

    /// Seconds on the device of what `body` queues, once to warm up and then as often as asked for.
    private func times(_ body: (Stream) throws(ComputeError) -> Void) throws(ComputeError) -> [Double] {
        let stream = try device.makeStream()
        try body(stream)
        try stream.synchronize()
        var times: [Double] = []
        for _ in 0..<repetitions {
            let start = try stream.record()
            try body(stream)
            let end = try stream.record()
            try end.synchronize()
            times.append(try end.seconds(since: start))
        }
        return times
    }
}

extension DeviceFigures {
    private static let source = KernelSource(
        """
        extern "C" __global__ void copy(const float* source, float* target, long long n) {
            long long step = (long long)gridDim.x * blockDim.x;
            for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) target[i] = source[i];
        }

        extern "C" __global__ void nothing(float a, const float* x, float* y, int n) {}
        """, file: "figures.cu")

    /// Page-locked memory to the device and back, and on the device by the driver and by a kernel (both count what is
    /// read and what is written).
    private func copies() throws(ComputeError) -> [DeviceFigure] {
        let cells = bytes / MemoryLayout<Float>.stride
        let host = try HostBuffer<Float>(cells, for: device)
        host.cells.initialize(repeating: 1)
        let (a, b) = (try Buffer<Float>(cells, on: device), try Buffer<Float>(cells, on: device))
        func rate(_ name: String, _ passes: Double, _ times: [Double]) -> DeviceFigure {
            DeviceFigure(name, "GB/s", times.map { passes * Double(bytes) / $0 / 1e9 })
        }
        let kernel = try device.compile(cuda: Self.source).kernel(
            "copy", Buffer<Float>.self, Buffer<Float>.self, Int64.self)
        let grid = Dim3(32 * device.info.multiprocessors)
        return [
            rate("copy to device", 1, try times { stream throws(ComputeError) in try stream.copy(from: host, to: a) }),
            rate("copy to host", 1, try times { stream throws(ComputeError) in try stream.copy(from: a, to: host) }),
            rate("copy on device", 2, try times { stream throws(ComputeError) in try stream.copy(from: a, to: b) }),
            rate(
                "copy by a kernel", 2,
                try times { stream throws(ComputeError) in
                    try kernel.launch(grid: grid, block: 256, stream: stream, a, b, Int64(cells))
                }),
        ]
    }

    /// What a launch costs the program that makes it (four arguments), and a kernel of a graph of 100 costs the device.
    private func launchCosts() throws(ComputeError) -> [DeviceFigure] {
        let kernel = try device.compile(cuda: Self.source).kernel(
            "nothing", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let buffer = try Buffer<Float>(1, on: device)
        let stream = try device.makeStream()
        var samples: [Double] = []
        for round in 0...repetitions {
            let start = ContinuousClock.now
            for _ in 0..<launches { try kernel.launch(grid: 1, block: 32, stream: stream, 1, buffer, buffer, 1) }
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            try stream.synchronize()
            guard round > 0 else { continue }
            samples.append((Double(seconds) + Double(attoseconds) * 1e-18) / Double(launches) * 1e6)
        }
        let nodes = 100
        let graph = try stream.capture { () throws(ComputeError) in
            for _ in 0..<nodes { try kernel.launch(grid: 1, block: 32, stream: stream, 1, buffer, buffer, 1) }
        }
        let times = try times { stream throws(ComputeError) in try graph.launch(on: stream) }
        return [
            DeviceFigure("launch", "us", samples),
            DeviceFigure("kernel in a graph", "us", times.map { $0 / Double(nodes) * 1e6 }),
        ]
    }

    /// Several in a row, so that the device never waits for the next one. Results have the cells of the operands, as
    /// `torch.mm` has it.
    private func product(_ size: Int, _ precision: MatrixProduct.Precision) throws(ComputeError) -> DeviceFigure {
        let isWide = precision == .fp32 || precision == .tf32
        let bytes = size * size * (isWide ? 4 : 2)
        let (a, b) = (try Buffer<UInt8>(bytes, on: device), try Buffer<UInt8>(bytes, on: device))
        let c = try Buffer<UInt8>(bytes, on: device)
        // Bytes of 0x3C are numbers near 0.01 (fp32, bf16) and 1.06 (fp16): no part of the work is on zeros.
        for buffer in [a, b] { try buffer.fill(byte: 0x3C) }
        try device.synchronize()
        var product = MatrixProduct(m: size, n: size, k: size, a: a.address, b: b.address, c: c.address)
        (product.precision, product.narrowsResult) = (precision, !isWide)
        let given = product
        let operations = 2 * Double(size) * Double(size) * Double(size)
        let count = max(1, min(50, Int(5e12 / operations)))
        let times = try times { stream throws(ComputeError) in
            for _ in 0..<count { try stream.backend.multiply(given) }
        }
        withExtendedLifetime((a, b, c)) {}
        let name = "product \(size) \(precision.rawValue)"
        return DeviceFigure(name, "TFLOP/s", times.map { Double(count) * operations / $0 / 1e12 })
    }
}
