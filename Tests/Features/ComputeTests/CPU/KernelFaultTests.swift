import StewardCompute
import Testing

/// What a kernel, or who starts it, does wrong: a sentence with the place, and everything goes on.
@Suite struct KernelFaultTests {
    private let device = Fixture.device

    private func failure(
        _ text: String, grid: Dim3 = 1, block: Dim3, compiler: HostCompiler
    ) throws -> ComputeError? {
        let stream = try device.makeStream()
        let x = try Buffer<Int32>([0], on: device)
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self)
        try kernel.launch(grid: grid, block: block, stream: stream, x)
        let error = #expect(throws: ComputeError.self) { try stream.synchronize() }
        // The stream works on.
        try kernel.launch(grid: 1, block: 1, stream: stream, x)
        try stream.synchronize()
        return error
    }

    @Test(arguments: Fixture.compilers) func aBarrierInABranchIsAFaultThatNamesWhoWaitsWhere(
        compiler: HostCompiler
    ) throws {
        let error = try failure(
            """
            __global__ void k(int *x) {
                if (threadIdx.x < 32) {
                    x[0] = 1;
                    __syncthreads();
                } else
                    __syncthreads();
            }
            """, grid: Dim3(1, 2), block: 64, compiler: compiler)
        #expect(error?.code == .kernelFault)
        let message = try #require(error?.message)
        #expect(message.hasPrefix("k: block (0, "))
        #expect(message.contains("threads 0 to 31: waiting at the barrier of line 4"))
        #expect(message.contains("thread 32: waiting at the barrier of line 6"))
        #expect(message.contains("threads 33 to 63: not there yet"))
    }

    @Test(arguments: Fixture.compilers) func aWarpOperationThatWaitsForABarrierIsAFault(compiler: HostCompiler) throws {
        let error = try failure(
            "__global__ void k(int *x) {\n if (threadIdx.x == 3) __syncthreads();\n else if (blockDim.x > 1) __syncwarp();\n}",
            block: 8, compiler: compiler)
        #expect(error?.code == .kernelFault)
        #expect(error?.message.contains("threads 0 to 2: waiting in the warp operation of line 3") == true)
        #expect(error?.message.contains("thread 3: waiting at the barrier of line 2") == true)
    }

    @Test(arguments: Fixture.compilers) func threadsThatEndAreNotWaitedFor(compiler: HostCompiler) throws {
        let text = """
            __global__ void k(int *x) {
                if (threadIdx.x > 4) return;
                atomicAdd(x, 1);
                __syncthreads();
                if (threadIdx.x == 0) x[0] += 100;
            }
            """
        let x = try Buffer<Int32>([0], on: device)
        try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self).launch(grid: 1, block: 40, x)
        #expect(try x.read() == [105])
    }

    @Test(arguments: Fixture.compilers) func aBarrierThatNobodySawIsAFault(compiler: HostCompiler) throws {
        let text = """
            #define JOIN(a, b) a##b
            __global__ void k(int *x) {
                if (blockDim.x > 1) JOIN(__sync, threads)();
            }
            """
        let error = try failure(text, block: 8, compiler: compiler)
        #expect(error?.message.hasPrefix("k: line 3: a barrier or warp operation was not seen in the source") == true)
        let warp = try failure(
            text.replacing("JOIN(__sync, threads)()", with: "JOIN(__sync, warp)()"), block: 8, compiler: compiler)
        #expect(warp?.message.contains("line 3: a barrier or warp operation was not seen") == true)
    }

    @Test(arguments: Fixture.compilers) func barriersInDefinitionsAndOperatorsAreSeen(compiler: HostCompiler) throws {
        let text = """
            struct Sum { int *cells; };
            __device__ int operator+(Sum a, int t) { SYNC; return a.cells[(t + 1) % 8] + PLACE; }
            __device__ int mine() { return PLACE; }
            __global__ void k(int *x) {
                __shared__ int cells[8];
                cells[threadIdx.x] = mine();
                x[threadIdx.x] = Sum{cells} + threadIdx.x;
            }
            """
        let source = KernelSource(
            text, defines: ["SYNC": "__syncthreads()", "PLACE": "(int)LANE", "LANE": "threadIdx.x"])
        let x = try Buffer<Int32>(8, on: device)
        try Fixture.compile(source, with: compiler).kernel("k", Buffer<Int32>.self).launch(grid: 1, block: 8, x)
        #expect(try x.read() == (0..<8).map { Int32(($0 + 1) % 8 + $0) })
    }

    @Test(arguments: Fixture.compilers) func aFailedAssertionNamesItsLine(compiler: HostCompiler) throws {
        let plain = try failure(
            "#include <assert.h>\n__global__ void k(int *x) {\n assert(blockDim.x < 3 && \"small\");\n}", block: 8,
            compiler: compiler)
        #expect(plain?.code == .kernelFault)
        #expect(plain?.message == "k: line 3: the assertion 'blockDim.x < 3 && \"small\"' failed.")
        let waiting = try failure(
            "__global__ void k(int *x) {\n __syncthreads();\n if (threadIdx.x == 5) __trap();\n}", block: 8,
            compiler: compiler)
        #expect(waiting?.message == "k: line 3: __trap was called, in block (0, 0, 0), thread (5, 0, 0).")
    }

    @Test func aStoppedStreamEndsItsLaunchesWithADeadline() throws {
        let stream = try device.makeStream()
        let x = try Buffer<Int32>([0], on: device)
        let text = "__global__ void k(int *x, int n) { while (n) __syncthreads(); x[0] = 7; }"
        let kernel = try Fixture.compile(text).kernel("k", Buffer<Int32>.self, Int32.self)
        try kernel.launch(grid: 4, block: 32, stream: stream, x, 1)
        let stop = try #require(stream.backend as? CPUStream).stop
        stop.request()
        let error = #expect(throws: ComputeError.self) { try stream.synchronize() }
        #expect(error?.code == .deadline)
        stop.withdraw()
        try kernel.launch(grid: 1, block: 32, stream: stream, x, 0)
        #expect(try x.read(stream: stream) == [7])
    }

    @Test func wrongArgumentsAndShapesAreRefusedBeforeAnythingRuns() throws {
        let program = try device.compile(cuda: Fixture.example("saxpy"))
        func code(_ body: () throws -> Void) -> ComputeError? {
            #expect(throws: ComputeError.self, performing: body)
        }
        let few = code { _ = try program.kernel("saxpy", Float.self) }
        #expect(few?.code == .arguments && few?.message.contains("takes 4 arguments; 1 are given") == true)
        let wrong = code {
            _ = try program.kernel("saxpy", Float.self, Buffer<Double>.self, Buffer<Float>.self, Int32.self)
        }
        #expect(wrong?.code == .arguments && wrong?.message.hasPrefix("saxpy.cu:3: argument 2 of") == true)
        let unknown = code { _ = try program.kernel("saxpi", Float.self) }
        #expect(unknown?.code == .noKernel && unknown?.message == "saxpy.cu has no kernel 'saxpi'; it has saxpy.")
        let kernel = try program.kernel("saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        let x = try Buffer<Float>(1, on: device)
        #expect(code { try kernel.launch(grid: 1, block: 1025, 1, x, x, 1) }?.code == .launchShape)
        #expect(code { try kernel.launch(grid: 0, block: 1, 1, x, x, 1) }?.code == .launchShape)
        let shared = code { try kernel.launch(grid: 1, block: 1, shared: 49153, 1, x, x, 1) }
        #expect(shared?.code == .launchShape)
        let most = code { try kernel.launch(grid: 1, block: 1, shared: .max, 1, x, x, 1) }
        #expect(most?.code == .launchShape)
        let least = code { try kernel.launch(grid: 1, block: 1, shared: -1, 1, x, x, 1) }
        #expect(least?.code == .launchShape)
        let reduce = try device.compile(cuda: Fixture.example("reduce"))
        #expect(reduce.signatures[0].staticShared == 1024)
    }
}
