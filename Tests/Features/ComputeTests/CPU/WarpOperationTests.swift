import StewardCompute
import Testing

/// Every warp operation against a model that computes all lanes at once.
@Suite struct WarpOperationTests {
    /// Runs `expression` in each of `threads` threads, with `lane`, `t` and `v` (some number of the thread's own).
    private func run(_ expression: String, threads: Int, compiler: HostCompiler) throws -> [Int32] {
        let text = """
            __global__ void k(const int *in, int *out) {
                int t = threadIdx.x, lane = t % warpSize;
                int v = in[t];
                out[t] = \(expression);
            }
            """
        let device = Fixture.device
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self, Buffer<Int32>.self)
        let out = try Buffer<Int32>(threads, on: device)
        try kernel.launch(grid: 1, block: Dim3(threads), try Buffer(values(threads), on: device), out)
        return try out.read()
    }

    private func values(_ count: Int) -> [Int32] { (0..<count).map { Int32(($0 * 37 + 11) % 101 - 50) } }

    /// The lanes of each warp that exist.
    private func warps(_ threads: Int) -> [Range<Int>] {
        stride(from: 0, to: threads, by: 32).map { $0..<min($0 + 32, threads) }
    }

    private func model(_ threads: Int, _ body: (Range<Int>, Int) -> Int32) -> [Int32] {
        warps(threads).flatMap { warp in warp.map { body(warp, $0 - warp.lowerBound) } }
    }

    @Test(arguments: Fixture.compilers, [32, 70]) func shufflesMoveValuesBetweenLanes(
        compiler: HostCompiler, threads: Int
    ) throws {
        typealias Pick = (_ lane: Int, _ first: Int, _ last: Int) -> Int
        let operations: [(String, Pick)] = [
            (
                "__shfl_sync(0xffffffff, v, lane * 5 + 3, WIDTH)",
                { lane, first, last in
                    first + (lane * 5 + 3) % (last - first + 1)
                }
            ),
            ("__shfl_up_sync(0xffffffff, v, 3, WIDTH)", { lane, first, _ in lane - 3 < first ? lane : lane - 3 }),
            ("__shfl_down_sync(0xffffffff, v, 3, WIDTH)", { lane, _, last in lane + 3 > last ? lane : lane + 3 }),
            ("__shfl_xor_sync(0xffffffff, v, 5, WIDTH)", { lane, _, last in lane ^ 5 > last ? lane : lane ^ 5 }),
        ]
        let all = values(threads)
        for width in [32, 8] {
            for (expression, pick) in operations {
                let text = expression.replacing("WIDTH", with: "\(width)")
                let expected = model(threads) { warp, lane in
                    let first = lane / width * width
                    let source = pick(lane, first, first + width - 1)
                    return all[warp.lowerBound + (source < warp.count ? source : lane)]
                }
                let result = try run(text, threads: threads, compiler: compiler)
                #expect(result == expected, "\(text)")
            }
        }
    }

    @Test(arguments: Fixture.compilers, [32, 45]) func votesAndMatchesSeeTheLanesThatExist(
        compiler: HostCompiler, threads: Int
    ) throws {
        let all = values(threads)
        func mask(_ warp: Range<Int>, _ test: (Int32) -> Bool) -> UInt32 {
            warp.reduce(0) { test(all[$1]) ? $0 | 1 << UInt32($1 - warp.lowerBound) : $0 }
        }
        func check(_ expression: String, _ body: (Range<Int>, Int) -> Int32) throws {
            #expect(try run(expression, threads: threads, compiler: compiler) == model(threads, body), "\(expression)")
        }
        try check("__ballot_sync(0xffffffff, v > 0)") { warp, _ in Int32(bitPattern: mask(warp) { $0 > 0 }) }
        try check("__any_sync(0xffffffff, v == 49)") { warp, _ in mask(warp) { $0 == 49 } != 0 ? 1 : 0 }
        try check("__all_sync(0xffffffff, v < 48)") { warp, _ in warp.allSatisfy { all[$0] < 48 } ? 1 : 0 }
        try check("__match_any_sync(0xffffffff, v % 3)") { warp, lane in
            let own = all[warp.lowerBound + lane] % 3
            return Int32(bitPattern: mask(warp) { $0 % 3 == own })
        }
        try check("__activemask()") { warp, _ in Int32(bitPattern: mask(warp) { _ in true }) }
        try check("__reduce_add_sync(0xffffffff, v)") { warp, _ in warp.reduce(0) { $0 + all[$1] } }
        try check("__reduce_min_sync(0xffffffff, v)") { warp, _ in warp.map { all[$0] }.min()! }
        try check("__reduce_max_sync(0xffffffff, v)") { warp, _ in warp.map { all[$0] }.max()! }
        try check("__popc(__match_any_sync(0xffffffff, 7))") { warp, _ in Int32(warp.count) }
    }

    @Test(arguments: Fixture.compilers) func partsOfAWarpMeetAmongThemselves(compiler: HostCompiler) throws {
        let even = try run(
            "(lane % 2 == 0 ? __shfl_xor_sync(0x55555555, v, 2) : __reduce_add_sync(0xaaaaaaaa, v))", threads: 32,
            compiler: compiler)
        let all = values(32)
        let odd = stride(from: 1, to: 32, by: 2).reduce(0) { $0 + all[$1] }
        let expected: [Int32] = (0..<32).map { $0 % 2 == 0 ? all[$0 ^ 2] : odd }
        #expect(even == expected)
        let active = try run("(lane < 5 ? (int)__activemask() : -1)", threads: 32, compiler: compiler)
        let first: [Int32] = (0..<32).map { $0 < 5 ? 31 : -1 }
        #expect(active == first)
    }

    @Test(arguments: Fixture.compilers) func doublesAndFloatsAreShuffledWhole(compiler: HostCompiler) throws {
        let text = """
            __global__ void k(double *x, float *y) {
                x[threadIdx.x] = __shfl_down_sync(0xffffffffu, x[threadIdx.x], 1);
                y[threadIdx.x] += __shfl_xor_sync(0xffffffffu, y[threadIdx.x], 16);
                __syncwarp();
            }
            """
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Double>.self, Buffer<Float>.self)
        let x = try Buffer((0..<32).map { Double($0) + 1e-12 }, on: Fixture.device)
        let y = try Buffer((0..<32).map { Float($0) }, on: Fixture.device)
        try kernel.launch(grid: 1, block: 32, x, y)
        let doubles: [Double] = (0..<32).map { Double(min($0 + 1, 31)) + 1e-12 }
        let floats: [Float] = (0..<32).map { Float($0 + ($0 ^ 16)) }
        #expect(try x.read() == doubles)
        #expect(try y.read() == floats)
    }

    @Test(arguments: [
        ("__shfl_sync(0x0000ffff, v, 0)", "not in the mask"),
        ("(lane < 16 ? __shfl_sync(0xffffffff, v, 0) : 0)", "have ended"),
    ]) func masksThatLieAreToldApart(expression: String, words: String) throws {
        let compiler = try HostCompiler.find()
        if words == "have ended" {
            // Lanes that have ended aren't waited for: CUDA's rule.
            let result = try run(expression, threads: 32, compiler: compiler)
            let expected: [Int32] = (0..<32).map { $0 < 16 ? values(32)[0] : 0 }
            #expect(result == expected)
        } else {
            let error = #expect(throws: ComputeError.self) { try run(expression, threads: 32, compiler: compiler) }
            #expect(error?.code == .kernelFault)
            #expect(error?.message.contains(words) == true && error?.message.contains("line 4") == true)
        }
    }
}
