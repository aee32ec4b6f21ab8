/// The kernels that measurements launch.
enum BenchKernel: String {
    case chains, triad, nothing, barriers

    /// Floating-point operations of a thread of `chains` a round.
    static let chainOperations = 16.0

    static let source = KernelSource(
        """
        extern "C" __global__ void chains(float *output, int rounds) {
            float x[8];
            for (int i = 0; i < 8; i++) x[i] = threadIdx.x + i;
            for (int round = 0; round < rounds; round++)
                for (int i = 0; i < 8; i++) x[i] = x[i] * 0.999f + 0.001f;
            float sum = 0;
            for (int i = 0; i < 8; i++) sum += x[i];
            output[blockIdx.x * blockDim.x + threadIdx.x] = sum;
        }

        extern "C" __global__ void triad(float *a, const float *b, const float *c, float scale, int count) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < count) a[i] = b[i] + scale * c[i];
        }

        extern "C" __global__ void nothing() {}

        extern "C" __global__ void barriers(int *output, int count) {
            int sum = 0;
            for (int i = 0; i < count; i++) {
                __syncthreads();
                sum += i;
            }
            output[blockIdx.x * blockDim.x + threadIdx.x] = sum;
        }
        """, file: "steward-bench.cu")

    /// The kernel of this name on a device.
    func load<each Argument: KernelArgument>(
        _ device: Device, _ types: repeat (each Argument).Type
    ) throws(ComputeError) -> Kernel<repeat each Argument> {
        try device.compile(cuda: Self.source).kernel(rawValue, repeat each types)
    }
}
