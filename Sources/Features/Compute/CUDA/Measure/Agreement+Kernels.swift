import Glibc

extension Agreement {
    /// Arithmetic, mathematical functions, shared memory with barriers, shuffles and atomics.
    package static let kernelSource = KernelSource(
        """
        extern "C" __global__ void fused(float a, const float* x, float* y, int n) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) y[i] = a * x[i] + y[i];
        }

        extern "C" __global__ void functions(const float* x, float* y, int n) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) y[i] = expf(x[i]) + tanhf(x[i]) * sqrtf(fabsf(x[i])) + logf(2.0f + x[i]);
        }

        extern "C" __global__ void block_sums(const float* x, float* sums, int n) {
            extern __shared__ float partial[];
            int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
            partial[t] = i < n ? x[i] : 0.0f;
            __syncthreads();
            for (int half = blockDim.x / 2; half > 0; half /= 2) {
                if (t < half) partial[t] += partial[t + half];
                __syncthreads();
            }
            if (t == 0) sums[blockIdx.x] = partial[0];
        }

        extern "C" __global__ void warp_sums(const float* x, float* sums, int n) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            float v = i < n ? x[i] : 0.0f;
            for (int step = 16; step > 0; step /= 2) v += __shfl_down_sync(0xffffffffu, v, step);
            if (threadIdx.x % 32 == 0) atomicAdd(sums + blockIdx.x, v);
        }
        """, file: "agreement.cu")

    /// - Throws: also where kernels can't be compiled.
    package static func kernels(_ device: Device) throws(ComputeError) -> [Agreement] {
        let program = try device.compile(cuda: kernelSource)
        let (count, block) = (10_000, 256)
        let grid = (count + block - 1) / block
        var numbers = Numbers(seed: 5)
        let cells = numbers.next(count, .fp32), other = numbers.next(count, .fp32)
        let x = try Buffer(cells, on: device)
        let unit = 0x1p-23

        let y = try Buffer(other, on: device)
        try program.kernel("fused", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
            .launch(grid: Dim3(grid), block: Dim3(block), 0.75, x, y, Int32(count))
        let fused = Agreement(
            "a * x + y", try y.read(), zip(cells, other).map { 0.75 * Double($0) + Double($1) }
        ) { 2 * unit * (abs(Double(cells[$0])) + abs(Double(other[$0]))) }

        let z = try Buffer<Float>(count, on: device)
        try program.kernel("functions", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
            .launch(grid: Dim3(grid), block: Dim3(block), x, z, Int32(count))
        let functions = Agreement("exp, tanh, sqrt, log", try z.read(), cells.map(Self.functions)) { _ in 16 * unit }

        let sums = try Buffer<Float>(grid, on: device)
        try program.kernel("block_sums", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
            .launch(grid: Dim3(grid), block: Dim3(block), shared: block * 4, x, sums, Int32(count))
        let exact = blockSums(cells, block)
        let shared = Agreement("sums in shared memory", try sums.read(), exact.sums) {
            10 * unit * exact.magnitudes[$0]
        }

        try sums.fill(byte: 0)
        try program.kernel("warp_sums", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
            .launch(grid: Dim3(grid), block: Dim3(block), x, sums, Int32(count))
        let shuffled = Agreement("sums by shuffles and atomics", try sums.read(), exact.sums) {
            16 * unit * exact.magnitudes[$0]
        }
        return [fused, functions, shared, shuffled]
    }

    private static func blockSums(_ cells: [Float], _ block: Int) -> (sums: [Double], magnitudes: [Double]) {
        let parts = stride(from: 0, to: cells.count, by: block).map { cells[$0..<min($0 + block, cells.count)] }
        return (
            parts.map { $0.reduce(0) { $0 + Double($1) } }, parts.map { $0.reduce(0) { $0 + abs(Double($1)) } }
        )
    }

    private static func functions(_ x: Float) -> Double {
        let value = Double(x)
        return exp(value) + tanh(value) * abs(value).squareRoot() + log(2 + value)
    }
}
