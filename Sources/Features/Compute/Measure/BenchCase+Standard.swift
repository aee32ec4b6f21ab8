import CCompute

extension BenchCase {
    /// fp32 multiply-adds in registers: what the cores could do at most.
    public static let peak = BenchCase(
        name: "fp32 peak", unit: "GFLOP/s", higherIsBetter: true
    ) { (place) throws(ComputeError) -> Repetition in
        guard case .gpu(let device) = place else {
            let rounds = 100_000
            return { () throws(ComputeError) -> Double in
                var operations = 0.0
                let time = try seconds { operations = steward_multiply_adds(rounds) }
                return operations / time / 1e9
            }
        }
        let shape = LaunchShape.filling(device)
        let threads = shape.grid.count * shape.block.count
        let (kernel, output) = (
            try BenchKernel.chains.load(device, Buffer<Float>.self, Int32.self), try Buffer<Float>(threads, on: device)
        )
        let rounds = 4096
        return { () throws(ComputeError) -> Double in
            let time = try seconds { () throws(ComputeError) in
                try kernel.launch(grid: shape.grid, block: shape.block, output, Int32(rounds))
                try device.synchronize()
            }
            return Double(threads) * Double(rounds) * BenchKernel.chainOperations / time / 1e9
        }
    }

    /// `a = b + s * c` over arrays far larger than the caches of most: 12 bytes a cell, as STREAM counts.
    public static let memory = BenchCase(
        name: "memory", unit: "GB/s", higherIsBetter: true
    ) { (place) throws(ComputeError) -> Repetition in
        let count = 16 << 20
        let device = try place.device()
        let (a, b, c) = (
            try Buffer<Float>(count, on: device), try Buffer<Float>(count, on: device),
            try Buffer<Float>(count, on: device)
        )
        for buffer in [a, b, c] { try buffer.fill(byte: 0) }
        try device.synchronize()
        let pass = try triad(device, a, b, c)
        return { () throws(ComputeError) -> Double in Double(12 * count) / (try seconds(pass)) / 1e9 }
    }

    private static func triad(
        _ device: Device, _ a: Buffer<Float>, _ b: Buffer<Float>, _ c: Buffer<Float>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        if device.info.kind == .cpu {
            return { () throws(ComputeError) in steward_triad(a.cells, b.cells, c.cells, 0.5, a.count) }
        }
        let kernel = try BenchKernel.triad.load(
            device, Buffer<Float>.self, Buffer<Float>.self, Buffer<Float>.self, Float.self, Int32.self)
        let block = 256
        return { () throws(ComputeError) in
            try kernel.launch(
                grid: Dim3((a.count + block - 1) / block), block: Dim3(block), a, b, c, 0.5, Int32(a.count))
            try device.synchronize()
        }
    }

    /// The product of two fp32 matrices of `size` x `size`, by what products are computed with on the device.
    public static func product(_ size: Int) -> BenchCase {
        BenchCase(
            name: "matrix product \(size)", unit: "GFLOP/s", higherIsBetter: true
        ) { (place) throws(ComputeError) -> Repetition in
            let device = try place.device()
            let ones = [Float](repeating: 1, count: size * size)
            let (a, b) = (try Buffer(ones, on: device), try Buffer(ones, on: device))
            let c = try Buffer<Float>(size * size, on: device)
            let product = MatrixProduct(m: size, n: size, k: size, a: a.address, b: b.address, c: c.address)
            let stream = device.defaultStream
            return { () throws(ComputeError) -> Double in
                let time = try seconds { () throws(ComputeError) in
                    try stream.backend.multiply(product, keeping: a.allocation, b.allocation, c.allocation)
                    try stream.synchronize()
                }
                return 2 * Double(size * size) * Double(size) / time / 1e9
            }
        }
    }

    /// What starting a kernel costs: one launch of many that are queued together.
    public static let launch = BenchCase(
        name: "kernel launch", unit: "us", higherIsBetter: false
    ) { (place) throws(ComputeError) -> Repetition in
        let device = try place.device()
        let kernel = try BenchKernel.nothing.load(device)
        let launches = 100
        return { () throws(ComputeError) -> Double in
            let time = try seconds { () throws(ComputeError) in
                for _ in 0..<launches { try kernel.launch(grid: 1, block: 32) }
                try device.synchronize()
            }
            return time / Double(launches) * 1e6
        }
    }

    /// What `__syncthreads()` costs one thread, in blocks of 256 on every core.
    public static let barrier = BenchCase(
        name: "barrier", unit: "ns a thread", higherIsBetter: false
    ) { (place) throws(ComputeError) -> Repetition in
        let device = try place.device()
        let kernel = try BenchKernel.barriers.load(device, Buffer<Int32>.self, Int32.self)
        let shape = LaunchShape(grid: Dim3(4 * device.info.multiprocessors), block: 256)
        let output = try Buffer<Int32>(shape.grid.count * shape.block.count, on: device)
        let barriers = 200
        return { () throws(ComputeError) -> Double in
            func time(_ barriers: Int) throws(ComputeError) -> Double {
                try seconds { () throws(ComputeError) in
                    try kernel.launch(grid: shape.grid, block: shape.block, output, Int32(barriers))
                    try device.synchronize()
                }
            }
            let (with, without) = (try time(barriers), try time(0))
            return max(0, with - without) / Double(output.count * barriers) * 1e9
        }
    }

    /// What `steward compute devices` shows.
    public static let forDevices = [peak, memory, product(1024), launch, barrier]

    /// What `steward compute bench` measures besides training.
    public static let standard = [peak, memory, product(512), product(1024), product(2048), launch, barrier]
}

extension Buffer where Value == Float {
    /// The cells of a buffer of the processor's.
    fileprivate var cells: UnsafeMutablePointer<Float> {
        UnsafeMutableRawPointer(bitPattern: UInt(address))!.assumingMemoryBound(to: Float.self)
    }
}

extension LaunchShape {
    /// Enough threads to keep the whole of a device at work.
    fileprivate static func filling(_ device: Device) -> LaunchShape {
        LaunchShape(grid: Dim3(32 * device.info.multiprocessors), block: 256)
    }
}
