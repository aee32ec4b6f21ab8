import CCompute
import StewardCompute
import Synchronization
import Testing

/// What the object reported, of the one launch that runs.
private let reported = Mutex<[(address: UInt, size: Int, kind: Int, thread: Int, epoch: Int)]>([])

@Suite(.serialized) struct CheckModeTests {
    private func launch(_ text: String, grid: Dim3, block: Dim3, shared: Int = 0, _ buffers: Buffer<Int32>...) throws {
        let device = Fixture.device
        let program = try device.compile(cuda: KernelSource(text, file: "checked.cu", mode: .check))
        let compiled = try #require(program.compiled as? CPUProgram)
        let kernel = try #require(try compiled.kernel(named: "k") as? CPUKernel)
        compiled.report(accesses: { address, size, kind, _ in
            guard steward_on_fiber_stack(address) == 0 else { return }
            reported.withLock {
                $0.append(
                    (
                        UInt(bitPattern: address), Int(size), Int(kind), Int(steward_running_thread()),
                        Int(steward_running_epoch())
                    ))
            }
        })
        var list = ArgumentList()
        for buffer in buffers { buffer.append(to: &list) }
        reported.withLock { $0 = [] }
        try CPULaunch(kernel, LaunchShape(grid: grid, block: block, shared: shared), list).run()
    }

    @Test func everyAccessIsReportedWithItsThreadAndEpoch() throws {
        let x = try Buffer<Int32>([1, 2, 3, 4], on: Fixture.device)
        let y = try Buffer<Int32>([0, 0, 0, 0], on: Fixture.device)
        try launch(
            """
            __global__ void k(const int *x, int *y) {
                int t = threadIdx.x;
                int mine = x[t];
                __syncthreads();
                y[3 - t] = mine;
            }
            """, grid: 1, block: 4, x, y)
        #expect(try y.read() == [4, 3, 2, 1])
        let all = reported.withLock { $0 }
        for thread in 0..<4 {
            let reads = all.filter { $0.address == UInt(x.address) + UInt(4 * thread) }
            #expect(reads.map(\.thread) == [thread] && reads.map(\.kind) == [0] && reads.map(\.epoch) == [0])
            let writes = all.filter { $0.address == UInt(y.address) + UInt(4 * (3 - thread)) }
            #expect(writes.map(\.thread) == [thread] && writes.map(\.kind) == [1] && writes.map(\.epoch) == [1])
            #expect((reads + writes).allSatisfy { $0.size == 4 })
        }
    }

    @Test func atomicsAreToldFromPlainAccesses() throws {
        let sum = try Buffer<Int32>([0], on: Fixture.device)
        try launch("__global__ void k(int *sum) { atomicAdd(sum, 1); }", grid: 2, block: 3, sum)
        #expect(try sum.read() == [6])
        let kinds = reported.withLock { $0 }.filter { $0.address == UInt(sum.address) }.map(\.kind)
        #expect(kinds == Array(repeating: 3, count: 6))
    }

    @Test func sharedVariablesHaveNamesAndAddresses() throws {
        let program = try Fixture.device.compile(
            cuda: KernelSource(
                "__global__ void k(int *x) { __shared__ int tile[8]; tile[threadIdx.x] = 1; __syncthreads(); x[0] = tile[1]; }",
                file: "checked.cu", mode: .check))
        let compiled = try #require(program.compiled as? CPUProgram)
        #expect(compiled.signatures[0].staticShared == 32)
        #expect(compiled.sharedVariables().map(\.name) == ["tile"])
        #expect(compiled.sharedVariables().map(\.range.count) == [32])
    }

    @Test func threadsThatExitBeforeTheOthersArriveAreAFaultToo() throws {
        let x = try Buffer<Int32>([0], on: Fixture.device)
        let error = #expect(throws: ComputeError.self) {
            try launch(
                "__global__ void k(int *x) {\n if (threadIdx.x < 4) return;\n __syncthreads();\n}", grid: 1, block: 8, x
            )
        }
        #expect(error?.code == .kernelFault)
        #expect(
            error?.message.contains("threads 0 to 3: ended; threads 4 to 7: waiting at the barrier of line 3") == true)
    }

    @Test func aThreadThatExitsBeforeABarrierIsAFaultWhenChecked() throws {
        let x = try Buffer<Int32>([0], on: Fixture.device)
        let error = #expect(throws: ComputeError.self) {
            try launch(
                "__global__ void k(int *x) {\n if (threadIdx.x > 4) return;\n __syncthreads();\n}", grid: 1, block: 8, x
            )
        }
        #expect(error?.code == .kernelFault)
        #expect(error?.message.contains("line 3") == true)
        #expect(error?.message.contains("threads 5 to 7: ended") == true)
    }
}
