import StewardCompute
import Testing

@Suite struct CPUStreamTests {
    private let device = Fixture.device

    private func kernels() throws -> Program {
        try Fixture.compile(
            """
            __global__ void scale(int *x, int by, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) x[i] *= by; }
            __global__ void add(int *x, int more, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) x[i] += more; }
            """)
    }

    @Test func workOfAStreamRunsInOrder() throws {
        let program = try kernels()
        let scale = try program.kernel("scale", Buffer<Int32>.self, Int32.self, Int32.self)
        let add = try program.kernel("add", Buffer<Int32>.self, Int32.self, Int32.self)
        let stream = try device.makeStream()
        let x = try Buffer<Int32>(Array(repeating: 1, count: 1000), on: device)
        var expected: Int32 = 1
        for round in 0..<200 {
            try scale.launch(grid: 4, block: 256, stream: stream, x, 3, 1000)
            try add.launch(grid: 4, block: 256, stream: stream, x, Int32(round), 1000)
            expected = expected &* 3 &+ Int32(round)
        }
        #expect(try x.read(stream: stream) == Array(repeating: expected, count: 1000))
    }

    @Test func aLaunchReturnsBeforeItHasRun() throws {
        let stream = try device.makeStream()
        let text = "__global__ void k(int *x) { while (x[0] == 0) __syncthreads(); x[1] = 1; }"
        let kernel = try Fixture.compile(text).kernel("k", Buffer<Int32>.self)
        let x = try Buffer<Int32>([0, 0], on: device)
        try kernel.launch(grid: 1, block: 2, stream: stream, x)
        let event = try stream.record()
        #expect(!event.isDone)
        // Seen by the kernel, which waits for it.
        x.cells.baseAddress!.pointee = 1
        try stream.synchronize()
        #expect(event.isDone)
        #expect(try x.read() == [1, 1])
    }

    @Test func aStreamWaitsForAnEventOfAnother() throws {
        let program = try kernels()
        let add = try program.kernel("add", Buffer<Int32>.self, Int32.self, Int32.self)
        let scale = try program.kernel("scale", Buffer<Int32>.self, Int32.self, Int32.self)
        for _ in 0..<20 {
            let (first, second) = (try device.makeStream(), try device.makeStream())
            let x = try Buffer<Int32>(Array(repeating: 1, count: 256), on: device)
            let start = try first.record()
            for _ in 0..<20 { try add.launch(grid: 1, block: 256, stream: first, x, 1, 256) }
            let done = try first.record()
            try second.wait(for: done)
            try scale.launch(grid: 1, block: 256, stream: second, x, 2, 256)
            #expect(try x.read(stream: second) == Array(repeating: 42, count: 256))
            #expect(try done.seconds(since: start) > 0)
        }
    }

    @Test func aGraphRunsWhatWasCapturedEachTimeItIsLaunched() throws {
        let program = try kernels()
        let add = try program.kernel("add", Buffer<Int32>.self, Int32.self, Int32.self)
        let stream = try device.makeStream()
        let (x, copy) = (try Buffer<Int32>([1, 2, 3], on: device), try Buffer<Int32>([0, 0, 0], on: device))
        let graph = try stream.capture { () throws(ComputeError) in
            try add.launch(grid: 1, block: 32, stream: stream, x, 10, 3)
            try stream.copy(from: x, to: copy)
        }
        #expect(try x.read() == [1, 2, 3])
        for _ in 0..<3 { try graph.launch(on: stream) }
        #expect(try copy.read(stream: stream) == [31, 32, 33])
        #expect(throws: ComputeError.self) {
            try stream.capture { () throws(ComputeError) in try stream.synchronize() }
        }
        #expect(try x.read(stream: stream) == [31, 32, 33])
    }

    @Test func aFailureIsToldOnceAndDropsWhatWasQueuedBehindIt() throws {
        let text = "__global__ void k(int *x, int fail) { if (fail) __trap(); x[0] += 1; }"
        let kernel = try Fixture.compile(text).kernel("k", Buffer<Int32>.self, Int32.self)
        let stream = try device.makeStream()
        let x = try Buffer<Int32>([0], on: device)
        try kernel.launch(grid: 1, block: 1, stream: stream, x, 0)
        try kernel.launch(grid: 1, block: 1, stream: stream, x, 1)
        let dropped = (0..<3).map { _ in try? kernel.launch(grid: 1, block: 1, stream: stream, x, 0) }
        #expect(dropped.count == 3)
        let error = #expect(throws: ComputeError.self) { try stream.synchronize() }
        #expect(error?.code == .kernelFault)
        try stream.synchronize()
        #expect(try x.read() == [1])
    }

    @Test func hostBuffersAreCopiedBothWays() throws {
        let stream = try device.makeStream()
        let host = try HostBuffer<Float>(1000, for: device)
        for index in 0..<1000 { host.cells[index] = Float(index) }
        let x = try Buffer<Float>(1000, on: device)
        try stream.copy(from: host, to: x)
        let back = try HostBuffer<Float>(1000, for: device)
        try stream.copy(from: x, to: back)
        try stream.synchronize()
        #expect(Array(back.cells) == (0..<1000).map { Float($0) })
    }

    @Test func moreMemoryThanThereIsIsRefused() throws {
        let error = #expect(throws: ComputeError.self) { _ = try Buffer<Double>(1 << 50, on: device) }
        #expect(error?.code == .outOfMemory)
    }

    @Test func theDeviceHasRealFacts() throws {
        let info = device.info
        #expect(info.multiprocessors >= 1 && info.memory > 64 << 20 && !info.name.isEmpty)
        let facts = CPUFacts(
            cpuinfo: "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\nflags\t\t: fpu sse2 avx2 avx512f\n",
            meminfo: "MemTotal:       16000000 kB\nMemFree: 5 kB\n", groupLimit: 1 << 30, cores: 3)
        #expect(facts.name == "Some CPU @ 2.0GHz" && facts.architecture == "AVX-512")
        #expect(facts.memory == 1 << 30 && facts.cores == 3)
    }
}

extension Buffer {
    /// The cells in the host's memory, where those of the processor's buffers are.
    var cells: UnsafeMutableBufferPointer<Value> {
        let start = UnsafeMutableRawPointer(bitPattern: UInt(address))!
        return UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: Value.self), count: count)
    }
}
