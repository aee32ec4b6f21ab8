import StewardCompute
import Testing

@Suite(.serialized) struct CUDASessionTests {
    static let saxpy = """
        __global__ void saxpy(float a, const float* x, float* y, int n) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) y[i] += a * x[i];
        }
        """

    @Test func aKernelRunsOnTheDevice() throws {
        do {
            let device = try StandIn.shared.device()
            let program = try device.compile(cuda: KernelSource(Self.saxpy, file: "saxpy.cu"))
            let kernel = try program.kernel("saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
            let x = try Buffer<Float>([1, 2, 3, 4], on: device)
            let y = try Buffer<Float>([10, 20, 30, 40], on: device)
            try kernel.launch(grid: 1, block: 32, 2, x, y, 4)
            #expect(try y.read() == [12, 24, 36, 48])
        }
        #expect(StandIn.shared.alive == [:])
    }
}
