import StewardCompute
import Testing

// The Swift of docs/guides/compute.md, compiled and run; Tests/EndToEnd/compute/test_guide.py compares the two.

@Suite struct GuideTests {
    /// y = a * x + y, in Swift: no compiler is needed at run time.
    struct Saxpy: SwiftKernel {
        static let hasBarriers = false
        let a: Float
        let x: Buffer<Float>
        let y: Buffer<Float>

        func run(_ thread: KernelThread) {
            let i = thread.index.x
            if i < x.count { thread.cells(y)[i] += a * thread.cells(x)[i] }
        }
    }

    @Test func theGuidesKernelGivesWhatTheGuideSays() throws {
        #expect(try launchOfTheGuide(on: Device.select(.cpu)) == [1, 3, 5, 7])
    }

    private func launchOfTheGuide(on device: Device) throws -> [Float] {
        // guide
        let source = KernelSource(
            """
            __global__ void saxpy(float a, const float* x, float* y, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) y[i] = a * x[i] + y[i];
            }
            """, file: "saxpy.cu")
        let program = try device.compile(cuda: source)
        let saxpy = try program.kernel("saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)

        let x = try Buffer((0..<1000).map(Float.init), on: device)
        let y = try Buffer([Float](repeating: 1, count: 1000), on: device)
        try saxpy.launch(grid: 4, block: 256, 2, x, y, 1000)
        let first = try y.read(0..<4)  // [1, 3, 5, 7]
        // end
        return first
    }

    @Test func theGuidesSwiftKernelGivesTheSame() throws {
        let device = try Device.select(.cpu)
        let x = try Buffer((0..<1000).map(Float.init), on: device)
        let y = try Buffer([Float](repeating: 1, count: 1000), on: device)
        // guide
        try device.launch(Saxpy(a: 2, x: x, y: y), grid: 4, block: 256)
        // end
        #expect(try y.read(0..<4) == [1, 3, 5, 7])
    }
}
