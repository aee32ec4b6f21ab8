import StewardCompute
import Testing

/// Which grid-stride loops run step by step over all threads, and that none computes anything else then.
@Suite struct KernelStrideTests {
    private static let before = """
        #define ACC(v, e) v += e
        #define TWICE(v, e) ACC(v, e)
        #define SQUARE(v) ((v) * (v))
        #define FIRST (blockIdx.x * blockDim.x + threadIdx.x)
        #define ADD Op::add
        struct Rng { int s; __device__ int next() { return s++; } __device__ int operator()() { return s++; } int cells[2]; };
        struct Pair { int a, b; const int *x; };
        struct Op { static __device__ void add(int &s, int v) { s += v; } static __device__ int sum(int a, int b) { return a + b; } };
        template <class T> __device__ T plus(T a, T b) { return a + b; }
        __device__ void count(int &n) { n++; }
        __device__ int total = 0;

        """

    private func isRewritten(_ body: String) throws -> Bool {
        let text =
            Self.before + "__global__ void k(int *out, const int *x, int n, int s, Rng rng, Pair p) {\n\(body)\n}\n"
        return try KernelTranslation(KernelSource(text)).text.contains("bool steward_first")
    }

    private static let loop = "for (int i = FIRST; i < n; i += blockDim.x * gridDim.x)"

    @Test(arguments: [
        "\(loop) out[i] = s * x[i] + out[i];",
        "\(loop) out[i] = fmaxf(x[i], s) + min(s, p.a) + SQUARE(x[i]) + p.x[i];",
        "\(loop) { int v = x[i]; v += s; out[i] = plus(v, s) + plus<int>(v, i) + __popc(i) + (int)s; }",
        "\(loop) { int &cell = out[i]; cell += (s); *(out + i) = x[i] & s; }",
        "const int *row = x + (size_t)blockIdx.x * n;\nfor (int i = threadIdx.x; i < n; i += blockDim.x) out[i] = row[i];",
        "for (int i = threadIdx.x & 31; i < n; i += 32) { for (int j = 0; j < s; j++) out[i] += j; }",
        "\(loop) { if (i > 3 && s > 2 && p.a && !n) out[i] = 1; else out[i] = s & i; }",
        "\(loop) { if (x[i] > s && (i < 5 || s == p.b)) out[i] = Op::sum(s + 1, x[i]); }",
    ]) func plainLoopsRunStepByStep(body: String) throws {
        #expect(try isRewritten(body))
    }

    @Test(arguments: [
        "\(loop) out[i] = rng.next();", "\(loop) out[i] = rng();", "\(loop) { p.a += x[i]; out[i] = p.a; }",
        "\(loop) { rng.cells[0] += 1; out[i] = rng.cells[0]; }", "\(loop) { ++p.a; out[i] = p.a; }",
        "\(loop) { Op::add(s, x[i]); out[i] = s; }", "\(loop) { ADD(s, x[i]); out[i] = s; }",
        "\(loop) { ACC(s, x[i]); out[i] = s; }", "\(loop) { TWICE(s, x[i]); out[i] = s; }",
        "\(loop) { (s) += 1; out[i] = s; }", "\(loop) { (i > 3 ? s : n) = 4; out[i] = s; }",
        "\(loop) { int &r = s; r += x[i]; out[i] = s; }", "\(loop) { auto &&r = p.a; r += x[i]; out[i] = p.a; }",
        "\(loop) { count(s); out[i] = s; }", "\(loop) { out[i] = s; s <<= 1; }",
        "\(loop) { static_cast<int &>(s) = 3; }",
        "int start = total;\n\(loop) { out[i] = start; total = i; }",
        "int start = *out;\n\(loop) out[i] = start + i;", "\(loop) { out[i] = unseen(s); }",
        "\(loop) { int *q = &s; *q += 1; out[i] = s; }",
        "\(loop) { int *q = &(s); *q += 1; out[i] = s; }",
        "for (int i = out[blockIdx.x]; i < n; i += blockDim.x) out[i] = 1;",
    ]) func loopsThatCarrySomethingAlongDont(body: String) throws {
        #expect(try !isRewritten(body))
    }

    /// Loops whose first value binds less tightly than `+`, with what one thread's cells are then.
    private static let firsts = [
        "threadIdx.x & 31", "threadIdx.x | 0", "threadIdx.x << 0", "threadIdx.x ^ 0",
        "threadIdx.x < 32 ? threadIdx.x : threadIdx.x", "blockDim.x > 3 && 0 ? n : threadIdx.x",
    ]

    @Test(arguments: Fixture.ownCompilers, firsts) func aFirstValueIsTakenAsAWhole(
        compiler: HostCompiler, first: String
    ) throws {
        let text = """
            __global__ void k(int *out, int n) {
                for (int i = \(first); i < n; i += 32) out[i] += i + 1;
            }
            """
        let out = try Buffer([Int32](repeating: 0, count: 110), on: Fixture.device)
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self, Int32.self)
        try kernel.launch(grid: 1, block: 32, out, 100)
        #expect(try out.read() == (1...100).map { Int32($0) } + Array(repeating: 0, count: 10))
    }

    @Test(arguments: Fixture.ownCompilers) func whatStepsChangeIsSeenByTheNext(compiler: HostCompiler) throws {
        let bodies = [
            "\(Self.loop) out[i] = rng.next();", "\(Self.loop) { Op::add(s, 1); out[i] = s - 1; }",
            "\(Self.loop) { ACC(s, 1); out[i] = s - 1; }", "\(Self.loop) { out[i] = p.a; p.a += 1; }",
        ]
        struct Rng: BitwiseCopyable { var (s, first, second): (Int32, Int32, Int32) = (0, 0, 0) }
        struct Pair: BitwiseCopyable { var (a, b, x): (Int32, Int32, UInt64) = (0, 0, 0) }
        for body in bodies {
            let text =
                Self.before + "__global__ void k(int *out, int n, int s, Rng rng, Pair p) {\n\(body)\n}\n"
            let out = try Buffer<Int32>(20, on: Fixture.device)
            var list = ArgumentList()
            out.append(to: &list)
            Int32(20).append(to: &list)
            Int32(0).append(to: &list)
            list.append(bytesOf: Rng())
            list.append(bytesOf: Pair())
            let kernel = try Fixture.compile(text, with: compiler).compiled.kernel(named: "k")
            try Fixture.device.defaultStream.backend.launch(kernel, LaunchShape(grid: 1, block: 8), list)
            #expect(try out.read() == (0..<20).map { Int32($0 / 8) }, "\(body)")
        }
    }
}
