import CCompute
import Foundation
import StewardCompute

private let saxpySource = """
    extern "C" __global__ void saxpy(float a, const float *x, float *y, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) y[i] = a * x[i] + y[i];
    }
    """

/// GB/s (12 bytes a cell) of y = a * x + y from memory: a CUDA kernel on the processor and a C loop, turn by turn.
func saxpy(_ rounds: Int) throws -> Samples {
    let count = 16 << 20
    let device = try Device.select(.cpu)
    let kernel = try device.compile(cuda: KernelSource(saxpySource, file: "saxpy.cu")).kernel(
        "saxpy", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
    let ones = [Float](repeating: 1, count: count)
    let (x, y) = (try Buffer(ones, on: device), try Buffer(ones, on: device))
    var plain = ones
    var samples: Samples = [:]
    func add(_ row: String, _ work: () throws -> Void) rethrows {
        samples[row, default: []].append(Double(12 * count) / (try shortest(of: 3, work)) / 1e9)
    }
    for _ in 0..<rounds {
        for threads: Int32 in 1...2 {
            steward_set_threads(threads)
            try add("kernel, \(threads)") {
                try kernel.launch(grid: Dim3(count / 256), block: 256, 0.001, x, y, Int32(count))
                try device.synchronize()
            }
            add("C loop, \(threads)") { steward_saxpy(&plain, ones, 0.001, count) }
        }
    }
    return samples
}

/// ns that a barrier costs a thread, in blocks of 256.
func barrier(_ rounds: Int) throws -> Samples {
    let device = try Device.select(.cpu)
    let source = """
        extern "C" __global__ void barriers(int *output, int count) {
            int sum = 0;
            for (int i = 0; i < count; i++) { __syncthreads(); sum += i; }
            output[blockIdx.x * blockDim.x + threadIdx.x] = sum;
        }
        """
    let kernel = try device.compile(cuda: KernelSource(source, file: "barriers.cu")).kernel(
        "barriers", Buffer<Int32>.self, Int32.self)
    let (blocks, threadsPerBlock, barriers) = (16, 256, 200)
    let output = try Buffer<Int32>(blocks * threadsPerBlock, on: device)
    var samples: Samples = [:]
    for _ in 0..<rounds {
        for threads: Int32 in 1...2 {
            steward_set_threads(threads)
            func time(_ barriers: Int) throws -> Double {
                try shortest(of: 3) {
                    try kernel.launch(grid: Dim3(blocks), block: Dim3(threadsPerBlock), output, Int32(barriers))
                    try device.synchronize()
                }
            }
            let nanoseconds = (try time(barriers) - time(0)) / Double(output.count * barriers) * 1e9
            samples["barrier, \(threads)", default: []].append(nanoseconds)
        }
    }
    return samples
}

/// ms that `compile` takes: of sources that are new (`again`: that an earlier process compiled), then once more.
func compile(_ rounds: Int, again: Bool) throws -> Samples {
    let device = try Device.select(.cpu)
    var samples: Samples = [:]
    for round in 0..<rounds {
        let source = KernelSource(saxpySource, file: "saxpy.cu", defines: ["ROUND": "\(round)"])
        for row in again ? ["from an earlier process"] : ["cold", "from the same process"] {
            samples[row, default: []].append(try shortest(of: 1) { _ = try device.compile(cuda: source) } * 1e3)
        }
    }
    return samples
}
