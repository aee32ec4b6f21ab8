import StewardCompute
import Testing

/// What a device does when all goes well, and what it refuses.
@Suite(.serialized, .standIn) struct CUDASessionTests {
    private let slow = StandIn.Settings(delay: 3000)

    @Test func aKernelRunsOnTheDevice() throws {
        do {
            let device = try StandIn.shared.device()
            let saxpy = try DeviceSaxpy(device)
            let y = try Buffer<Float>([10, 20, 30, 40], on: device)
            try saxpy.launch(2, try Buffer<Float>([1, 2, 3, 4], on: device), y)
            #expect(try y.read() == [12, 24, 36, 48])
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func queuedWorkKeepsItsMemoryAlive() throws {
        do {
            let device = try StandIn.shared.device(slow)
            let saxpy = try DeviceSaxpy(device)
            let y = try Buffer<Float>([0, 0], on: device)
            let other = try device.makeStream()
            for round in 1...3 {
                let x = try Buffer<Float>([Float(round), 1], on: device)
                try saxpy.launch(1, x, y)
                try Buffer<Float>(2, on: device).fill(byte: 0xFF, stream: other)
            }
            #expect(try y.read() == [6, 3])
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func aStreamThatIsDroppedFinishesItsWork() throws {
        do {
            let device = try StandIn.shared.device(slow)
            let saxpy = try DeviceSaxpy(device)
            let y = try Buffer<Float>([5], on: device)
            try saxpy.launch(1, try Buffer<Float>([2], on: device), y, stream: try device.makeStream())
            #expect(try y.read() == [7])
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func memoryComesBackWithoutWaitingForIt() throws {
        let device = try StandIn.shared.device(StandIn.Settings(immediate: 1))
        let saxpy = try DeviceSaxpy(device)
        let y = try Buffer<Float>([0], on: device)
        for _ in 0..<1000 { try saxpy.launch(1, try Buffer<Float>([1], on: device), y) }
        for _ in 0..<200 { try saxpy.launch(1, try Buffer<Float>(1, on: device), y) }
        #expect(StandIn.shared.alive["memory", default: 0] < 140, "an event after every 64 calls lets memory go")
        #expect(StandIn.shared.alive["events", default: 0] < 4)
    }

    @Test func streamsWaitForEvents() throws {
        do {
            let device = try StandIn.shared.device(slow)
            let saxpy = try DeviceSaxpy(device)
            let (first, second) = (try device.makeStream(), try device.makeStream())
            let x = try Buffer<Float>([1], on: device)
            let (y, z) = (try Buffer<Float>([0], on: device), try Buffer<Float>([0], on: device))
            let start = try first.record()
            for _ in 0..<5 { try saxpy.launch(1, x, y, stream: first) }
            let end = try first.record()
            #expect(!end.isDone)
            try second.wait(for: end)
            try saxpy.launch(10, y, z, stream: second)
            #expect(try z.read(stream: second) == [50])
            #expect(end.isDone)
            try end.synchronize()
            #expect(try end.seconds(since: start) >= 0.015)
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func copiesRunFromPageLockedMemory() throws {
        do {
            let device = try StandIn.shared.device(slow)
            let source = try HostBuffer<Int32>(3, for: device)
            let target = try HostBuffer<Int32>(3, for: device)
            for index in 0..<3 { source.cells[index] = Int32(index * index) }
            let (a, b) = (try Buffer<Int32>(3, on: device), try Buffer<Int32>(3, on: device))
            let stream = try device.makeStream()
            try stream.copy(from: source, to: a)
            try stream.copy(from: a, to: b)
            try stream.copy(from: b, to: target)
            try device.synchronize()
            #expect(Array(target.cells) == [0, 1, 4])
            try b.fill(byte: 1, stream: stream)
            #expect(try b.read(stream: stream) == [0x0101_0101, 0x0101_0101, 0x0101_0101])
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func aGraphRepeatsWhatWasRecordedAndKeepsItsMemory() throws {
        do {
            let device = try StandIn.shared.device(slow)
            let y = try Buffer<Float>([0, 0, 0, 0], on: device)
            let stream = try device.makeStream()
            let graph = try recorded(on: stream, y)
            #expect(try y.read() == [0, 0, 0, 0], "recording runs nothing")
            try Buffer<Float>([9, 9, 9, 9], on: device).fill(byte: 0xFF)
            for _ in 0..<3 { try graph.launch(on: stream) }
            #expect(try y.read(stream: stream) == [3, 6, 9, 12])
        }
        #expect(StandIn.shared.alive == [:])
    }

    /// `y += x` in a graph; x, the kernel and the recording go out of scope here.
    private func recorded(on stream: Stream, _ y: Buffer<Float>) throws(ComputeError) -> Graph {
        let saxpy = try DeviceSaxpy(y.device)
        let x = try Buffer<Float>([1, 2, 3, 4], on: y.device)
        return try stream.capture { () throws(ComputeError) in try saxpy.launch(1, x, y, stream: stream) }
    }

    @Test func aRecordingRefusesWhatAGraphCannotHold() throws {
        do {
            let device = try StandIn.shared.device()
            let stream = try device.makeStream()
            let buffer = try Buffer<Float>([1], on: device)
            func expectRefusal(_ body: () throws(ComputeError) -> Void) throws {
                var refusal: ComputeError?
                do throws(ComputeError) { _ = try stream.capture(body) } catch { refusal = error }
                #expect(refusal?.code == .unsupported)
                #expect(try buffer.read(stream: stream) == [1], "the stream goes on after a recording that failed")
            }
            try expectRefusal { () throws(ComputeError) in try stream.synchronize() }
            try expectRefusal { () throws(ComputeError) in try buffer.write([1], stream: stream) }
            try expectRefusal { () throws(ComputeError) in _ = try buffer.read(stream: stream) }
            try expectRefusal { () throws(ComputeError) in try stream.backend.beginCapture() }
            try expectRefusal { () throws(ComputeError) in try stream.record().synchronize() }
            try expectRefusal { () throws(ComputeError) in try device.defaultStream.wait(for: stream.record()) }
            try device.synchronize()
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func anyThreadMayUseTheDevice() async throws {
        do {
            let device = try StandIn.shared.device()
            let saxpy = try DeviceSaxpy(device)
            let sums = try await withThrowingTaskGroup(of: Float.self) { group in
                for number in 0..<8 {
                    group.addTask { try Self.sum(saxpy, Float(number), rounds: 100) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sums.sorted() == (0..<8).map { Float($0 * 100) })
        }
        #expect(StandIn.shared.alive == [:])
    }

    private static func sum(_ saxpy: DeviceSaxpy, _ value: Float, rounds: Int) throws(ComputeError) -> Float {
        let stream = try saxpy.device.makeStream()
        let y = try Buffer<Float>([0], on: saxpy.device)
        for _ in 0..<rounds {
            try saxpy.launch(1, try Buffer<Float>([value], on: saxpy.device), y, stream: stream)
        }
        return try y.read(stream: stream)[0]
    }

    @Test func whatTheDeviceCannotLaunchIsRefusedWithTheLimit() throws {
        let device = try StandIn.shared.device(StandIn.Settings(maxThreads: 384, registers: 168))
        let saxpy = try DeviceSaxpy(device)
        let y = try Buffer<Float>([0], on: device)
        let large = #expect(throws: ComputeError.self) { try saxpy.launch(1, y, y, block: 512) }
        #expect(large?.code == .launchShape)
        #expect(large?.message.contains("saxpy (saxpy.cu:1) needs 168 registers a thread") == true)
        #expect(large?.message.contains("384 threads at most; 512") == true)
        let shape = LaunchShape(grid: 1, block: 32)
        let few = #expect(throws: ComputeError.self) {
            try device.defaultStream.backend.launch(saxpy.kernel.compiled, shape, ArgumentList())
        }
        #expect(few?.code == .arguments)
    }

    @Test func kernelsInNamespacesAndConditionsOfCUDAAreFound() throws {
        let device = try StandIn.shared.device()
        let source = KernelSource(
            "namespace shapes {\n#ifdef __CUDACC__\n__global__ void k(int *x) { x[0] = 7; }\n#endif\n}", file: "k.cu")
        let x = try Buffer<Int32>([0], on: device)
        try device.compile(cuda: source).kernel("k", Buffer<Int32>.self).launch(grid: 1, block: 1, x)
        #expect(try x.read() == [7])
    }

    @Test func aNumberOfAnotherWidthThanANamedTypeIsRefused() throws {
        let device = try StandIn.shared.device()
        let source = KernelSource(
            "typedef double real;\n__global__ void k(real a, real *x) { x[0] = a; }", file: "k.cu")
        let program = try device.compile(cuda: source)
        let error = #expect(throws: ComputeError.self) { try program.kernel("k", Float.self, Buffer<Double>.self) }
        #expect(error?.code == .arguments && error?.message.contains("argument 1") == true)
        _ = try program.kernel("k", Double.self, Buffer<Double>.self)
    }

    @Test func buffersOfAnotherDeviceAreRefused() throws {
        let (device, other) = (try StandIn.shared.device(), Fixture.device)
        let (saxpy, here) = (try DeviceSaxpy(device), try DeviceSaxpy(other))
        let (x, y) = (try Buffer<Float>([1], on: device), try Buffer<Float>([1], on: other))
        func refused(_ body: () throws -> Void) -> String? {
            let error = #expect(throws: ComputeError.self, performing: body)
            #expect(error?.code == .bounds)
            return error?.message
        }
        #expect(refused { try saxpy.launch(1, x, y) }?.hasPrefix("Argument 3 of saxpy(") == true)
        #expect(refused { try here.launch(1, x, y) }?.contains("lies on cuda:0, and the kernel runs on cpu") == true)
        let stream = try other.makeStream()
        let host = try HostBuffer<Float>(1, for: other)
        _ = refused { try stream.copy(from: x, to: y) }
        _ = refused { try stream.copy(from: y, to: x) }
        _ = refused { try stream.copy(from: host, to: x) }
        _ = refused { try stream.copy(from: x, to: host) }
        _ = refused { _ = try x.read(stream: stream) }
        _ = refused { try y.write([2], stream: try device.makeStream()) }
        _ = refused { try x.fill(byte: 0, stream: stream) }
        #expect(try x.read() == [1] && y.read() == [1])
    }

    @Test func muchSharedMemoryIsAskedForOnce() throws {
        let device = try StandIn.shared.device()
        let saxpy = try DeviceSaxpy(device)
        let y = try Buffer<Float>([0], on: device)
        try saxpy.launch(1, y, y, shared: 48 << 10)
        #expect(!StandIn.shared.calls.contains("cuFuncSetAttribute"))
        for _ in 0..<3 { try saxpy.launch(1, y, y, shared: 96 << 10) }
        try saxpy.launch(1, y, y, shared: 64 << 10)
        #expect(StandIn.shared.calls.count { $0 == "cuFuncSetAttribute" } == 1)
    }
}

/// `y += a * x` on a device.
struct DeviceSaxpy: Sendable {
    static let source = KernelSource(
        """
        __global__ void saxpy(float a, const float* x, float* y, int n) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) y[i] += a * x[i];
        }
        """, file: "saxpy.cu")

    let device: Device
    let kernel: Kernel<Float, Buffer<Float>, Buffer<Float>, Int32>

    init(_ device: Device) throws(ComputeError) {
        self.device = device
        kernel = try device.compile(cuda: Self.source).kernel(
            "saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
    }

    func launch(
        _ a: Float, _ x: Buffer<Float>, _ y: Buffer<Float>, block: Int = 32, shared: Int = 0, stream: Stream? = nil
    ) throws(ComputeError) {
        let grid = Dim3((y.count + block - 1) / block)
        try kernel.launch(grid: grid, block: Dim3(block), shared: shared, stream: stream, a, x, y, Int32(y.count))
    }
}
