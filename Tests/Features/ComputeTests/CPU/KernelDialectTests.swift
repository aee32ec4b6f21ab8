import StewardCompute
import Testing

/// Ways to write CUDA C that real kernels use, with each compiler: `out[t]` for 64 threads against Swift.
@Suite struct KernelDialectTests {
    private static let cases: [(name: String, text: String, expected: @Sendable (Int) -> Int)] = [
        (
            "templates, structures with functions, operators, lambdas",
            """
            #include <cstdint>
            #include <cuda_fp16.h>
            using namespace std;
            typedef struct { float x, y; } pair_t;
            struct Vector {
                int x, y;
                __host__ __device__ Vector(int x, int y) : x(x), y(y) {}
                __device__ int dot(const Vector &other) const { return x * other.x + y * other.y; }
                __device__ int place() const { return x + threadIdx.x; }
            };
            __device__ __forceinline__ Vector operator+(const Vector &a, const Vector &b) { return Vector(a.x + b.x, a.y + b.y); }
            template <typename T, int N> __device__ T power(T x) { T r = 1; _Pragma("unroll") for (int i = 0; i < N; i++) r *= x; return r; }
            enum class Mode { plain, twice };
            constexpr __device__ int twice(int x) { return 2 * x; }
            extern "C" __global__ __launch_bounds__(64) void k(int *__restrict__ out) {
                const int t = threadIdx.x;
                Vector v = Vector(t, 1) + Vector(1, 2);
                auto more = [&](int x) { return x + t; };
                Mode mode = t % 2 ? Mode::twice : Mode::plain;
                switch (mode) { case Mode::plain: out[t] = v.dot(Vector(1, 1)); break; default: out[t] = twice(v.place()); }
                out[t] += power<int, 3>(2) + more(0);
            }
            """, { t in (t % 2 == 1 ? 2 * (t + 1 + t) : t + 1 + 3) + 8 + t }
        ),
        (
            "declarations first, macros with barriers, shared memory of the file",
            """
            #define SYNC() do { __syncthreads(); } while (0)
            #define IDX (blockIdx.x * blockDim.x + threadIdx.x)
            __device__ int later(int *values, int at);
            __global__ void k(int *out);
            __shared__ int table[64];
            extern __shared__ int dynamic[];
            __device__ int place() { return IDX; }
            __global__ void k(int *out) {
                table[threadIdx.x] = place() * 2;
                dynamic[63 - threadIdx.x] = table[threadIdx.x];
                SYNC();
                out[IDX] = later(table, 63 - threadIdx.x) + dynamic[threadIdx.x];
            }
            static __device__ __noinline__ int later(int *values, int at) { return values[at]; }
            """, { t in (63 - t) * 4 }
        ),
        (
            "function pointers, unions, goto, globals, static data, comma and ternary",
            """
            __device__ int add(int a, int b) { return a + b; }
            __device__ int mul(int a, int b) { return a * b; }
            typedef int (*operation)(int, int);
            __constant__ int weights[4] = {1, 10, 100, 1000};
            __device__ const float scales[2] = {0.5f, 2.0f};
            __device__ unsigned int counter = 5;
            __global__ void k(int *out) {
                int t = threadIdx.x, local[8], sum = 0;
                operation op = t < 32 ? add : mul;
                union { float f; unsigned u; } bits;
                bits.f = 1.0f;
                for (int i = 0; i < 8; ++i) local[i] = i * t;
                for (int i = 0; i < 8; i += 2) sum += local[(i + t) & 7];
                if (t == 5) goto end;
                sum += weights[t % 4] + (int)(scales[t & 1] * 4) + (int)(bits.u >> 23) + counter;
            end:
                out[t] = op(sum, 2);
            }
            """,
            { t in
                var sum = (0..<4).map { (($0 * 2 + t) & 7) * t }.reduce(0, +)
                if t != 5 { sum += [1, 10, 100, 1000][t % 4] + (t & 1 == 1 ? 8 : 2) + 127 + 5 }
                return t < 32 ? sum + 2 : sum * 2
            }
        ),
        (
            "volatile shared memory, warp-synchronous steps, vector types, loops with barriers inside",
            """
            __global__ void k(int *out) {
                volatile __shared__ int s[64];
                __shared__ float4 quads[16];
                unsigned int tid = threadIdx.x;
                s[tid] = tid;
                if (tid < 16) quads[tid] = make_float4(tid, tid + 1, tid + 2, tid + 3);
                __syncthreads();
                for (unsigned int stride = blockDim.x / 2; stride > 0; stride >>= 1) {
                    if (tid < stride) s[tid] += s[tid + stride];
                    __syncthreads();
                }
                float4 q = reinterpret_cast<float4 *>(quads)[tid / 4];
                out[tid] = s[0] + (int)(q.x + q.w);
            }
            """, { t in 2016 + t / 4 * 2 + 3 }
        ),
        (
            "headers of the standard library, std:: in kernels",
            """
            #include <algorithm>
            #include <array>
            #include <cmath>
            #include <iostream>
            #include <limits>
            #include <type_traits>
            template <typename T> __device__ typename std::enable_if<std::is_integral<T>::value, T>::type next(T x) { return x + 1; }
            __global__ void k(int *out) {
                std::size_t t = threadIdx.x;
                float root = std::sqrt((float)(t * t)), most = std::numeric_limits<float>::max();
                out[t] = std::max((int)t, 10) + std::min(3, next(3)) + (int)std::fmin(root, most) + std::abs(-2);
            }
            """, { t in max(t, 10) + 3 + t + 2 }
        ),
        (
            "conditional compilation for devices, asserts, half precision, atomics on shared memory",
            """
            #if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ < 600
            #error "too old"
            #endif
            #ifdef __CUDACC__
            #define HD __host__ __device__
            #else
            #define HD
            #endif
            #include <cassert>
            HD inline float half_of(float x) { return x * 0.5f; }
            __global__ void k(int *out) {
                __shared__ unsigned int count;
                if (threadIdx.x == 0) count = 0;
                __syncthreads();
                assert(threadIdx.x < 64u);
                unsigned mine = atomicAdd(&count, 1u);
                __half h = __float2half(half_of(threadIdx.x));
                h = h + __half(1.0f);
                __syncthreads();
                out[threadIdx.x] = count + (mine < 64 ? 1 : 0) + (int)(2.0f * __half2float(h));
            }
            """, { t in 64 + 1 + t + 2 }
        ),
    ]

    @Test(arguments: Fixture.compilers, cases.indices) func realCodeRuns(compiler: HostCompiler, index: Int) throws {
        let (name, text, expected) = Self.cases[index]
        let out = try Buffer<Int32>(64, on: Fixture.device)
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self)
        try kernel.launch(grid: 1, block: 64, shared: 256, out)
        let result = try out.read()
        for t in 0..<64 where Int(result[t]) != expected(t) {
            Issue.record("\(name): thread \(t) has \(result[t]), not \(expected(t))")
            break
        }
    }
}

@Suite struct GridStrideTests {
    /// Loops that stride over the grid, plain ones and ones whose steps depend on each other.
    private static let bodies = [
        "for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) out[i] = i * 3 + 1;",
        "int stride = blockDim.x * gridDim.x, start = blockIdx.x * blockDim.x + threadIdx.x;\n"
            + "for (size_t i = start; i < (size_t)n; i += stride) { int v = i; v *= 3; out[i] = v + 1; }",
        "int i0 = blockIdx.x * blockDim.x + threadIdx.x, seen = 0;\n"
            + "for (int i = i0; i < n; i += blockDim.x * gridDim.x) { seen++; out[i] = i * 3 + (seen > 0); }",
        "for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {\n"
            + " if (i % 2) { out[i] = i * 3 + 1; continue; }\n out[i] = 1; out[i] += 3 * i; }",
        "for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {\n"
            + " for (int k = 0; k < 3; k++) out[i] += i;\n atomicAdd(&out[i], 1); }",
        "int i = blockIdx.x * blockDim.x + threadIdx.x;\nfor (; i < n; i += blockDim.x * gridDim.x) out[i] = i * 3 + 1;",
    ]

    @Test(arguments: Fixture.compilers, bodies.indices) func everyCellIsDoneOnce(
        compiler: HostCompiler, index: Int
    ) throws {
        let text = "__global__ void k(int *out, int n) {\n\(Self.bodies[index])\n}"
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self, Int32.self)
        for (count, grid, block) in [(1000, 3, 32), (77, 4, 64), (0, 2, 32), (4099, 1, 100)] {
            let out = try Buffer<Int32>(count + 10, on: Fixture.device)
            try out.fill(byte: 0)
            try kernel.launch(grid: Dim3(grid), block: Dim3(block), out, Int32(count))
            let expected = (0..<count).map { Int32($0 * 3 + 1) } + Array(repeating: Int32(0), count: 10)
            #expect(try out.read() == expected)
        }
    }

    @Test func stepsWhoseResultsAreCarriedAlongStayInTheirThread() throws {
        let text = """
            __device__ void count(int &n) { n++; }
            __global__ void k(int *out, int n) {
                int mine = 0;
                for (int i = threadIdx.x; i < n; i += blockDim.x) count(mine);
                out[threadIdx.x] = mine;
            }
            __global__ void last(int *out, int n) {
                int mine = 0;
                for (int i = threadIdx.x; i < n; i += blockDim.x) { count(mine); out[threadIdx.x] = mine; }
            }
            """
        let program = try Fixture.compile(text)
        for name in ["k", "last"] {
            let out = try Buffer<Int32>(8, on: Fixture.device)
            try program.kernel(name, Buffer<Int32>.self, Int32.self).launch(grid: 1, block: 8, out, 20)
            #expect(try out.read() == [3, 3, 3, 3, 2, 2, 2, 2], "\(name)")
        }
    }
}
