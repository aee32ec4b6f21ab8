import StewardCompute
import Testing

private struct Saxpy: SwiftKernel {
    static let hasBarriers = false
    let a: Float
    let x: Buffer<Float>
    let y: Buffer<Float>

    func run(_ thread: KernelThread) {
        let i = thread.index.x
        if i < x.count { thread.cells(y)[i] += a * thread.cells(x)[i] }
    }
}

/// Turns each block's values around, by way of shared memory.
private struct Reverse: SwiftKernel {
    let values: Buffer<Int32>

    func run(_ thread: KernelThread) {
        let shared = thread.shared(Int32.self, count: thread.blockDim.count)
        let cells = thread.cells(values)
        let t = thread.threadIndex.y * thread.blockDim.x + thread.threadIndex.x
        let first = thread.blockIndex.x * thread.blockDim.count
        shared[t] = cells[first + t]
        thread.barrier()
        cells[first + t] = shared[thread.blockDim.count - 1 - t]
    }
}

private struct Diverging: SwiftKernel {
    func run(_ thread: KernelThread) {
        if thread.threadIndex.x < 3 { thread.barrier(line: 11) } else { thread.barrier(line: 12) }
    }
}

@Suite struct SwiftKernelTests {
    private let device = Fixture.device

    @Test func aKernelInSwiftComputesEveryCell() throws {
        let (x, y) = (Fixture.numbers(1000), Fixture.numbers(1000, seed: 2))
        let onY = try Buffer(y, on: device)
        try device.launch(Saxpy(a: 3, x: try Buffer(x, on: device), y: onY), grid: 4, block: 256)
        #expect(try onY.read() == zip(x, y).map { $1 + 3 * $0 })
    }

    @Test func threadsInSwiftWaitForEachOther() throws {
        let values = try Buffer<Int32>((0..<192).map { $0 }, on: device)
        try device.launch(Reverse(values: values), grid: 3, block: Dim3(16, 4), shared: 256)
        let expected = (0..<3).flatMap { block in (0..<64).reversed().map { Int32(block * 64 + $0) } }
        #expect(try values.read() == expected)
    }

    @Test func aBarrierInSwiftThatNotAllReachIsAFault() throws {
        let stream = try device.makeStream()
        try device.launch(Diverging(), grid: 1, block: 8, stream: stream)
        let error = #expect(throws: ComputeError.self) { try stream.synchronize() }
        #expect(error?.code == .kernelFault)
        #expect(error?.message.contains("Diverging") == true)
        #expect(error?.message.contains("line 11") == true && error?.message.contains("line 12") == true)
    }

    @Test func tooLargeABlockIsRefusedBeforeItRuns() throws {
        let error = #expect(throws: ComputeError.self) {
            try device.launch(Diverging(), grid: 1, block: Dim3(64, 64))
        }
        #expect(error?.code == .launchShape)
    }
}
