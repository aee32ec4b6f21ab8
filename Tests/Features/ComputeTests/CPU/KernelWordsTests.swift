import StewardCompute
import Synchronization
import Testing

/// CUDA's words beyond the examples' ones, with each compiler.
@Suite struct KernelWordsTests {
    private let device = Fixture.device

    /// What `out[i]` is after a kernel of this body, `count` threads in all.
    private func results(
        _ body: String, before: String = "", grid: Dim3 = 1, block: Dim3, shared: Int = 0, count: Int,
        compiler: HostCompiler
    ) throws -> [Int32] {
        let text = "\(before)\n__global__ void k(int *out) {\n\(body)\n}\n"
        let out = try Buffer<Int32>(count, on: device)
        try out.fill(byte: 0)
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Buffer<Int32>.self)
        try kernel.launch(grid: grid, block: block, shared: shared, out)
        return try out.read()
    }

    @Test(arguments: Fixture.compilers) func threeDimensionsNumberEveryThreadOnce(compiler: HostCompiler) throws {
        let count = 2 * 3 * 2 * 4 * 2 * 3
        let result = try results(
            """
            int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
            int t = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
            int size = blockDim.x * blockDim.y * blockDim.z;
            out[block * size + t] += block * 1000 + t;
            """, grid: Dim3(2, 3, 2), block: Dim3(4, 2, 3), count: count, compiler: compiler)
        let expected = (0..<count).map { (i: Int) -> Int32 in Int32(i / 24 * 1000 + i % 24) }
        #expect(result == expected)
    }

    @Test(arguments: Fixture.compilers) func deviceFunctionsKnowWhereTheThreadStands(compiler: HostCompiler) throws {
        let functions = """
            __device__ int place() { return blockIdx.x * blockDim.x + threadIdx.x; }
            __device__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
            __device__ void wait_and_store(int *out, int value) { __syncthreads(); out[place()] = value; }
            """
        let plain = try results(
            "out[place()] = fibonacci(threadIdx.x) + 100 * gridDim.x;", before: functions, grid: 2, block: 8, count: 16,
            compiler: compiler)
        let numbers: [Int32] = [0, 1, 1, 2, 3, 5, 8, 13].map { $0 + 200 }
        #expect(plain == numbers + numbers)
        let waiting = try results(
            "wait_and_store(out, (int)(place() * 2));", before: functions, grid: 2, block: 40, count: 80,
            compiler: compiler)
        let doubled: [Int32] = (0..<80).map { $0 * 2 }
        #expect(waiting == doubled)
    }

    @Test(arguments: Fixture.compilers) func barriersCountVotes(compiler: HostCompiler) throws {
        let result = try results(
            """
            int t = threadIdx.x;
            int odd = __syncthreads_count(t % 2);
            int all = __syncthreads_and(t < 64), none = __syncthreads_or(t == 64), one = __syncthreads_or(t == 63);
            out[t] = odd * 1000 + all * 100 + none * 10 + one;
            """, block: 64, count: 64, compiler: compiler)
        #expect(result == Array(repeating: 32101, count: 64))
    }

    @Test(arguments: Fixture.compilers) func atomicsOfEveryKindAgreeWithTheirMeaning(compiler: HostCompiler) throws {
        let result = try results(
            """
            unsigned *u = (unsigned *)out;
            int t = blockIdx.x * blockDim.x + threadIdx.x;
            atomicAdd(&out[0], t);
            atomicSub(&out[1], 2);
            atomicMin(&out[2], -t);
            atomicMax(&out[3], t);
            atomicAnd(&out[4], ~(1 << t % 31));
            atomicOr(&out[5], 1 << t % 10);
            atomicXor(&out[6], 1 << t % 3);
            atomicInc(&u[7], 9u);
            atomicDec(&u[8], 9u);
            atomicExch(&out[9], 7);
            atomicCAS(&out[10], 0, t + 1);
            atomicAdd((float *)&out[11], 0.5f);
            atomicAdd((double *)&out[12], 0.25);
            atomicAdd((unsigned long long *)&out[14], 1ull << 33);
            """, grid: 4, block: 50, count: 16, compiler: compiler)
        #expect(Array(result[..<4]) == [19900, -400, -199, 199])
        #expect(result[4] == 0 && result[5] == 1023)
        // 67 threads for bit 0 and 1, 66 for bit 2.
        #expect(result[6] == 3)
        #expect(result[7] == 0 && result[8] == 0 && result[9] == 7)
        #expect((1...200).contains(result[10]))
        #expect(Float(bitPattern: UInt32(bitPattern: result[11])) == 100)
        let double = UInt64(UInt32(bitPattern: result[12])) | UInt64(UInt32(bitPattern: result[13])) << 32
        #expect(Double(bitPattern: double) == 50)
        #expect(result[14] == 0 && result[15] == 400)
    }

    @Test(arguments: Fixture.compilers) func integerAndFloatIntrinsicsGiveTheDocumentedResults(
        compiler: HostCompiler
    ) throws {
        let expressions: [(String, Int32)] = [
            ("__popc(0xf0f0)", 8), ("__clz(1)", 31), ("__clz(0)", 32), ("__ffs(8)", 4), ("__ffs(0)", 0),
            ("(int)__brev(1u)", Int32.min), ("__mulhi(1 << 30, 8)", 2), ("(int)__umulhi(0x80000000u, 6u)", 3),
            ("(int)__byte_perm(0x33221100, 0x77665544, 0x7531)", 0x7755_3311), ("__float2int_rn(2.5f)", 2),
            ("__float2int_rz(-2.7f)", -2), ("__float2int_ru(2.1f)", 3), ("__float2int_rz(1e20f)", Int32.max),
            ("__float_as_int(1.0f)", 0x3f80_0000), ("(int)__funnelshift_l(0x80000000u, 1u, 1)", 3),
            ("__dp4a(0x01020304, 0x01010101, 5)", 15),
            ("(int)__dp4a(0xff000001u, 0x02000003u, 1u)", 514), ("__dp4a((int)0xff000001u, 0x02000003, 1)", 2),
            ("(int)__dp4a(make_uchar4(255, 1, 1, 1), make_uchar4(2, 1, 1, 1), 1u)", 514),
            ("(int)(umin(3000000000u, 4000000000u) / 1000000u)", 3000),
            ("(int)(umax(3000000000u, 1u) / 3000000ull)", 1000),
            ("(int)(1000 * sinpif(1000000.5f))", 1000), ("(int)(1000 * sinpif(16777216.0f))", 0),
            ("(int)(1000 * cospif(-1000001.0f))", -1000), ("(int)(100000 * sinpif(-0.25f))", -70710),
            ("(int)sinpi(-1e15 - 0.5)", -1), ("cospi(1e15 + 0.5) == 0", 1), ("(int)(1000 * sinpi(1.0 / 6) + 0.5)", 500),
            ("(int)(1000 * cospi(5.0 / 3) + 0.5)", 500), ("sinpi(3.0) == 0 && !signbit(sinpi(3.0))", 1),
            ("isnan(sinpif(INFINITY)) ? 1 : 0", 1), ("(int)(rsqrtf(4.0f) * 100)", 50),
            ("max(3, 7) * 10 + min(3, 7)", 73),
            ("(int)(1000 * fmaxf(NAN, 2.5f))", 2500), ("(int)(__fmaf_rn(2.0f, 3.0f, 1.0f))", 7), ("(int)sqrt(16)", 4),
            ("(int)pow(2.0f, 10)", 1024), ("abs(-5) + (int)abs(-2.5f)", 7), ("isnan(0.0f / 0.0f) ? 1 : 0", 1),
            ("(int)__half2float(__float2half(1234.5f))", 1234), ("(int)(float)__nv_bfloat16(1.0f + 1.0f / 256)", 1),
            ("(int)(make_float4(1, 2, 3, 4).w + make_int2(5, 6).y)", 10),
            ("(int)sizeof(float4) + (int)alignof(float4)", 32),
            ("(int)(4096 * (float)(__half)(1.0f / 3.0f))", 1365), ("(int)sizeof(float3)", 12), ("__ldg(out)", 0),
        ]
        let body = expressions.enumerated().map { "out[1 + \($0)] = \($1.0);" }.joined(separator: "\n")
        let result = try results(body, block: 1, count: expressions.count + 1, compiler: compiler)
        for (index, (text, expected)) in expressions.enumerated() { #expect(result[index + 1] == expected, "\(text)") }
    }

    @Test(arguments: Fixture.compilers) func halvesRoundAsIEEESays(compiler: HostCompiler) throws {
        let text =
            "__global__ void k(const float *x, __half *y, float *back, int n) {\n"
            + "int i = threadIdx.x + blockIdx.x * blockDim.x; if (i < n) { y[i] = __float2half(x[i]); back[i] = y[i]; }\n}"
        let edges: [Double] = [0, -0.0, 1, 65504, 65519.9, 65520, 1e10, -1e10, 5.9e-8, 2.9e-8, 3e-8, 6.1e-5]
        var x = edges.map { Float($0) } + [Float.infinity, Float.nan]
        for number in Fixture.numbers(2000) { x += [number * 70000, number * 1e-4] }
        let (halves, back) = (try Buffer<UInt16>(x.count, on: device), try Buffer<Float>(x.count, on: device))
        let program = try Fixture.compile(text, with: compiler)
        #expect(program.signatures[0].parameters[1].type == .pointer(.float16))
        var list = ArgumentList()
        try Buffer(x, on: device).append(to: &list)
        halves.append(to: &list)
        back.append(to: &list)
        Int32(x.count).append(to: &list)
        try device.defaultStream.backend.launch(
            try program.compiled.kernel(named: "k"), LaunchShape(grid: 16, block: 256), list)
        let (bits, values) = (try halves.read(), try back.read())
        for index in x.indices where !x[index].isNaN {
            #expect(
                bits[index] == Float16(x[index]).bitPattern && values[index] == Float(Float16(x[index])), "\(x[index])")
        }
        #expect(values[13].isNaN)
    }

    @Test(arguments: Fixture.compilers) func structuresArePassedByValue(compiler: HostCompiler) throws {
        struct Box: BitwiseCopyable { var (left, scale, count): (Int32, Double, Int16) }
        let text = """
            struct Box { int left; double scale; short count; };
            typedef float real;
            namespace shapes {
            __global__ void k(Box box, real *out) { out[threadIdx.x] = box.left + box.scale * threadIdx.x + box.count; }
            }
            """
        let program = try Fixture.compile(text, with: compiler)
        #expect(program.signatures[0].parameters.map(\.type) == [.other("Box", size: 24), .pointer(.float)])
        let out = try Buffer<Float>(4, on: device)
        var list = ArgumentList()
        list.append(bytesOf: Box(left: 10, scale: 0.5, count: 100))
        out.append(to: &list)
        try device.defaultStream.backend.launch(
            try program.compiled.kernel(named: "k"), LaunchShape(grid: 1, block: 4), list)
        #expect(try out.read() == [110, 110.5, 111, 111.5])
    }

    @Test(arguments: Fixture.compilers) func sharedMemoryIsTheBlocksOwn(compiler: HostCompiler) throws {
        let result = try results(
            """
            extern __shared__ __align__(16) unsigned char raw[];
            int *own = (int *)raw;
            __shared__ int last;
            own[threadIdx.x] = blockIdx.x * 100 + threadIdx.x;
            if (threadIdx.x == 0) last = blockIdx.x;
            __syncthreads();
            out[blockIdx.x * blockDim.x + threadIdx.x] = own[blockDim.x - 1 - threadIdx.x] + 10000 * last;
            """, grid: 7, block: 33, shared: 132, count: 231, compiler: compiler)
        let expected = (0..<231).map { (i: Int) -> Int32 in Int32(i / 33 * 10100 + 32 - i % 33) }
        #expect(result == expected)
    }

    @Test(arguments: Fixture.compilers) func guardsLeaveOutExactlyTheThreadsBeyondTheData(compiler: HostCompiler) throws
    {
        let shapes = [
            "int i = blockIdx.x * blockDim.x + threadIdx.x; const int n = 83;\nif (i >= n) return;\nout[i] = i + 1;",
            "int i = blockIdx.x * blockDim.x + threadIdx.x;\nif (i < 83) out[i] = i + 1;",
            "unsigned i = blockIdx.x * blockDim.x + threadIdx.x;\nif (i == 90) return;\nif (i > 82u) { return; }\nout[i] = i + 1;",
            "int i = blockIdx.x * blockDim.x + threadIdx.x;\nif (i < 83) { out[i] = i; out[i] += 1; } else out[i] = 0;",
            "int i = blockIdx.x * blockDim.x + threadIdx.x, n = 50;\nn += 33;\nif (i >= n) return;\nout[i] = i + 1;",
            "int i = blockIdx.x * blockDim.x + threadIdx.x;\nint number = NEXT;\nif (i >= 83) return;\nout[i] = i + 1 + 0 * number;",
            "int i = blockIdx.x * blockDim.x + threadIdx.x;\nif (atomicAdd(&out[99], 0) > 0 || i >= 83) return;\nout[i] = i + 1;",
        ]
        let expected = (1...83).map { Int32($0) } + Array(repeating: Int32(0), count: 17)
        for shape in shapes {
            let before = "__device__ int counter = 0;\n#define NEXT counter++"
            let result = try results(shape, before: before, grid: 4, block: 32, count: 128, compiler: compiler)
            #expect(Array(result[..<100]) == expected, "\(shape)")
        }
    }
}

@Suite(.serialized) struct KernelPrintTests {
    @Test(arguments: Fixture.compilers) func whatKernelsPrintComesToTheSink(compiler: HostCompiler) throws {
        let text = """
            #include <stdio.h>
            __global__ void k(int n) { if (threadIdx.x < n) printf("thread %d of %s %.2f\\n", threadIdx.x, "k", 0.5); }
            """
        let printed = Mutex<[UInt8]>([])
        KernelOutput.current.send(to: { bytes in printed.withLock { $0 += Array(bytes) } })
        defer { KernelOutput.current.send(to: nil) }
        let kernel = try Fixture.compile(text, with: compiler).kernel("k", Int32.self)
        try kernel.launch(grid: 1, block: 8, 3)
        try Fixture.device.synchronize()
        let lines = String(decoding: printed.withLock { $0 }, as: UTF8.self)
        #expect(lines == (0..<3).map { "thread \($0) of k 0.50\n" }.joined())
    }

    @Test func aLongLineIsPrintedWhole() throws {
        let text = "__global__ void k(int n) { printf(\"%*d\\n\", n, 7); }"
        let printed = Mutex<Int>(0)
        KernelOutput.current.send(to: { bytes in printed.withLock { $0 += bytes.count } })
        defer { KernelOutput.current.send(to: nil) }
        let kernel = try Fixture.compile(text).kernel("k", Int32.self)
        try kernel.launch(grid: 1, block: 1, 5000)
        try Fixture.device.synchronize()
        #expect(printed.withLock { $0 } == 5001)
    }
}
