import StewardCompute
import Testing

/// CCompute on aarch64. The kernels of the other suites run there too, wherever a test takes `Fixture.compilers`.
@Suite(.enabled(if: Emulator.current != nil, Comment(rawValue: Emulator.absence ?? ""))) struct EmulatedTests {
    private func run(
        _ words: String..., environment: [String: String] = [:], pageSize: Int = 4096, isOwn: Bool = false
    ) throws -> EmulatedRun {
        let emulator = try #require(Emulator.current)
        return try emulator.run(words, environment: environment, pageSize: pageSize, isOwn: isOwn)
    }

    static let parts = ["fibers", "faults", "parallel", "products", "tensors"]

    @Test(arguments: parts, [false, true]) func everyPartWorks(part: String, isOwn: Bool) throws {
        let result = try run("test", part, isOwn: isOwn)
        #expect(result.status == 0, "\(result.complaint)")
    }

    @Test(arguments: [16384, 65536]) func stacksAreGuardedWithLargePagesToo(pageSize: Int) throws {
        let result = try run("test", "faults", pageSize: pageSize)
        #expect(result.status == 0, "\(result.complaint)")
    }

    @Test func theProcessorsKernelsAreFound() throws {
        let plain = try run("facts").text
        #expect(plain.contains("simd NEON\ninstructions baseline\nproducts own kernels (NEON)\n"))
        let wanted = try run("facts", environment: ["STEWARD_BLAS": "neon"]).text
        #expect(wanted == "simd NEON\ninstructions baseline\nproducts own kernels (NEON)\n")
        let absent = try run("facts", environment: ["STEWARD_BLAS": "avx2"]).text
        #expect(absent.hasSuffix("products own kernels (NEON)\nreason This processor has no AVX2.\n"))
    }

    /// Within rounding: sums are added up in vectors of other widths.
    @Test func trainingsKernelsAgreeWithThisProcessors() throws {
        let (there, here) = (try run("values").text, try run("values", isOwn: true).text)
        let pairs = zip(there.split(separator: "\n"), here.split(separator: "\n")).map {
            ($0.split(separator: " "), $1.split(separator: " "))
        }
        #expect(pairs.count > 50 && there.count { $0 == "\n" } == here.count { $0 == "\n" })
        for (found, expected) in pairs {
            #expect(found[0] == expected[0] && found.count == expected.count)
            let (found, numbers) = (
                found.dropFirst().compactMap { Double($0) }, expected.dropFirst().compactMap { Double($0) }
            )
            let most = numbers.map(\.magnitude).max() ?? 0
            let worst = zip(found, numbers).map { ($0 - $1).magnitude }.max() ?? .infinity
            #expect(worst <= 2e-6 * most, "\(expected[0]) differs by \(worst), of \(most)")
        }
    }

    @Test(arguments: Emulator.compilers) func accessesAreReportedInCheckMode(compiler: HostCompiler) throws {
        let text = """
            __global__ void k(const int *x, int *y) {
                int mine = x[threadIdx.x];
                __syncthreads();
                y[3 - threadIdx.x] = mine;
                atomicAdd(&y[4], mine);
            }
            """
        let program = try Fixture.compile(KernelSource(text, file: "checked.cu", mode: .check), with: compiler)
        let kernel = try #require(try program.compiled.kernel(named: "k") as? EmulatedKernel)
        let x = try Buffer<Int32>([1, 2, 3, 4], on: Fixture.device)
        let y = try Buffer<Int32>([0, 0, 0, 0, 0], on: Fixture.device)
        var list = ArgumentList()
        x.append(to: &list)
        y.append(to: &list)
        let output = try kernel.launch(LaunchShape(grid: 1, block: 4), list)
        #expect(try y.read() == [4, 3, 2, 1, 10])
        let lines = Set(output.split(separator: "\n").map(String.init))
        // Which memory, where, bytes, kind (write: 1, atomic: 2), the thread, barriers passed.
        let expected = (0..<4).flatMap { thread in
            [
                "access 0 \(thread * 4) 4 0 \(thread) 0", "access 1 \((3 - thread) * 4) 4 1 \(thread) 1",
                "access 1 16 4 3 \(thread) 1",
            ]
        }
        #expect(lines == Set(expected))
    }

    @Test(arguments: Emulator.compilers, ["reduce", "matmul", "histogram", "stencil", "scan", "saxpy"])
    func examplesAgreeWithThisProcessor(compiler: HostCompiler, name: String) throws {
        let source = try Fixture.example(name)
        let there = try examples(Fixture.compile(source, with: compiler), name)
        let here = try examples(Fixture.device.compile(cuda: source), name)
        #expect(there.count == here.count && !here.isEmpty)
        let worst = zip(there, here).map { ($0 - $1).magnitude / max(1, $1.magnitude) }.max() ?? .infinity
        #expect(worst < 1e-5)
    }

    private func examples(_ program: Program, _ name: String) throws -> [Float] {
        let device = Fixture.device
        typealias Cells = Buffer<Float>
        let x = try Buffer(Fixture.numbers(5003), on: device)
        let y = try Buffer(Fixture.numbers(5003, seed: 3), on: device)
        let n: Int32 = 5000
        switch name {
        case "saxpy":
            let kernel = try program.kernel(name, Float.self, Cells.self, Cells.self, Int32.self)
            try kernel.launch(grid: 20, block: 256, 2.5, x, y, n)
        case "reduce":
            let kernel = try program.kernel(name, Cells.self, Cells.self, Int32.self)
            try kernel.launch(grid: 7, block: 256, x, y, n)
        case "matmul":
            let kernel = try program.kernel(name, Cells.self, Cells.self, Cells.self, Int32.self)
            let c = try Buffer<Float>(2500, on: device)
            try kernel.launch(grid: Dim3(4, 4), block: Dim3(16, 16), x, y, c, 50)
            return try c.read()
        case "stencil":
            let kernel = try program.kernel(name, Cells.self, Cells.self, Int32.self, Int32.self)
            try kernel.launch(grid: Dim3(5, 4), block: Dim3(16, 16), x, y, 70, 60)
        case "scan":
            let kernel = try program.kernel(name, Cells.self, Cells.self, Int32.self)
            try kernel.launch(grid: 1, block: 1024, shared: 8192, x, y, 1024)
        default:
            let data = try Buffer((0..<5000).map { UInt8(truncatingIfNeeded: $0 * $0) }, on: device)
            let counts = try Buffer<UInt32>(256, on: device)
            try counts.fill(byte: 0)
            let kernel = try program.kernel(name, Buffer<UInt8>.self, Buffer<UInt32>.self, Int32.self)
            try kernel.launch(grid: 8, block: 128, data, counts, n)
            return try counts.read().map(Float.init)
        }
        return try y.read()
    }
}
