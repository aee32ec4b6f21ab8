import Glibc
import StewardCompute
import Testing

@Suite struct ExampleKernelTests {
    private let device = Fixture.device

    @Test func saxpyComputesEveryCellAndNoOther() throws {
        let kernel = try device.compile(cuda: Fixture.example("saxpy"))
            .kernel("saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let (x, y) = (Fixture.numbers(10_000), Fixture.numbers(10_050, seed: 3))
        let (onX, onY) = (try Buffer(x, on: device), try Buffer(y, on: device))
        try kernel.launch(grid: 40, block: 256, 2.5, onX, onY, 10_000)
        let result = try onY.read()
        for index in 0..<10_000 { #expect(abs(result[index] - (2.5 * x[index] + y[index])) < 1e-5) }
        #expect(Array(result[10_000...]) == Array(y[10_000...]))
    }

    @Test func reduceAddsUpAllNumbers() throws {
        let kernel = try device.compile(cuda: Fixture.example("reduce"))
            .kernel("reduce", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let x = Fixture.numbers(100_003)
        let sum = try Buffer<Float>([0], on: device)
        try kernel.launch(grid: 13, block: 256, try Buffer(x, on: device), sum, Int32(x.count))
        let expected = x.reduce(0.0) { $0 + Double($1) }
        #expect(abs(Double(try sum.read()[0]) - expected) < 0.01)
    }

    /// What a thread holds in registers when it first touches shared memory, which the loader then makes.
    @Test(arguments: Fixture.compilers) func nothingIsLostWhereAThreadMeetsSharedMemoryForTheFirstTime(
        compiler: HostCompiler
    ) throws {
        // malloc then fills what it hands out, with the registers that LLVM takes to be left alone.
        typealias Option = @convention(c) (Int32, Int32) -> Int32
        let (mallopt, perturb) = (unsafeBitCast(try #require(dlsym(nil, "mallopt")), to: Option.self), Int32(-6))
        _ = mallopt(perturb, 165)
        defer { _ = mallopt(perturb, 0) }
        let text = try Fixture.example("reduce").text
        let kernel = try Fixture.compile(text, with: compiler)
            .kernel("reduce", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let ones = try Buffer([Float](repeating: 1, count: 4096), on: device)
        for _ in 0..<8 {
            let stream = try device.makeStream()
            let sum = try Buffer<Float>([0], on: device)
            try kernel.launch(grid: 4, block: 256, stream: stream, ones, sum, 4096)
            #expect(try sum.read(stream: stream) == [4096])
        }
    }

    @Test(arguments: [16, 50, 128]) func matmulMultipliesInTiles(n: Int) throws {
        let kernel = try device.compile(cuda: Fixture.example("matmul"))
            .kernel("matmul", Buffer<Float>.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let (a, b) = (Fixture.numbers(n * n), Fixture.numbers(n * n, seed: 5))
        let c = try Buffer<Float>(n * n, on: device)
        let blocks = (n + 15) / 16
        try kernel.launch(
            grid: Dim3(blocks, blocks), block: Dim3(16, 16), try Buffer(a, on: device), try Buffer(b, on: device), c,
            Int32(n))
        let result = try c.read()
        for (row, column) in [(0, 0), (n - 1, n - 1), (n / 2, 3), (7, n - 2)] {
            let expected = (0..<n).reduce(0.0) { $0 + Double(a[row * n + $1]) * Double(b[$1 * n + column]) }
            #expect(abs(Double(result[row * n + column]) - expected) < 1e-4)
        }
    }

    @Test func histogramCountsWithAtomics() throws {
        let kernel = try device.compile(cuda: Fixture.example("histogram"))
            .kernel("histogram", Buffer<UInt8>.self, Buffer<UInt32>.self, Int32.self)
        let data = Fixture.numbers(50_000).map { UInt8(truncatingIfNeeded: Int($0 * 300)) }
        let counts = try Buffer<UInt32>(256, on: device)
        try counts.fill(byte: 0)
        try kernel.launch(grid: 16, block: 128, try Buffer(data, on: device), counts, Int32(data.count))
        var expected = [UInt32](repeating: 0, count: 256)
        for byte in data { expected[Int(byte)] += 1 }
        #expect(try counts.read() == expected)
    }

    @Test func stencilWorksInTwoDimensionsWithAConstantAndADeviceFunction() throws {
        let kernel = try device.compile(cuda: Fixture.example("stencil"))
            .kernel("stencil", Buffer<Float>.self, Buffer<Float>.self, Int32.self, Int32.self)
        let (width, height) = (70, 45)
        let plate = Fixture.numbers(width * height)
        let to = try Buffer<Float>(width * height, on: device)
        try kernel.launch(
            grid: Dim3(5, 3), block: Dim3(16, 16), try Buffer(plate, on: device), to, Int32(width), Int32(height))
        let result = try to.read()
        for y in 0..<height {
            for x in 0..<width {
                let at = y * width + x
                let inner = x > 0 && y > 0 && x < width - 1 && y < height - 1
                let flow =
                    inner
                    ? plate[at - 1] + plate[at + 1] + plate[at - width] + plate[at + width] - 4 * plate[at] : 0
                #expect(abs(result[at] - (plate[at] + 0.2 * flow)) < 1e-5)
            }
        }
    }

    @Test(arguments: [1, 64, 512, 1024]) func scanAddsInDynamicSharedMemory(size: Int) throws {
        let kernel = try device.compile(cuda: Fixture.example("scan"))
            .kernel("scan", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let x = (0..<size).map { Float($0 % 7) }
        let sums = try Buffer<Float>(size, on: device)
        try kernel.launch(grid: 1, block: Dim3(size), shared: 8 * size, try Buffer(x, on: device), sums, Int32(size))
        var sum: Float = 0
        #expect(
            try sums.read()
                == x.map {
                    sum += $0
                    return sum
                })
    }
}
