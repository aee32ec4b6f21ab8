import StewardCompute
import Testing

/// Checks a kernel named `k`; the first line of `text` is line 1.
private func check(
    _ text: String, grid: Dim3 = 1, block: Dim3 = 64, shared: Int = 0, n: Int? = nil, compiler: HostCompiler? = nil,
    _ arguments: String...
) throws -> CheckReport {
    let source = KernelSource(text, file: "k.cu")
    let signature = try #require(try KernelCheck.signatures(of: source).first { $0.name == "k" })
    let parsed = try LaunchArgumentParser(n: n, missing: .assumed).parse(arguments, for: signature)
    return try KernelCheck.run(
        source: source, kernel: "k", shape: LaunchShape(grid: grid, block: block, shared: shared), arguments: parsed,
        limits: .init(seconds: 10), compiler: compiler)
}

/// `kind@line` of each finding that is more than a note; `kind@line/other` for two lines.
private func faults(_ report: CheckReport) -> [String] {
    report.findings.filter { $0.severity != .note }.map { finding in
        "\(finding.kind.rawValue)@\(finding.place.line)" + (finding.other.map { "/\($0.line)" } ?? "")
    }
}

@Suite(.serialized) struct CheckKernelTests {
    @Test func aMissingGuardIsSeenAtItsLine() throws {
        func kernel(_ guarded: String) -> String {
            """
            __global__ void k(float a, const float *x, float *y, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                \(guarded)
                    y[i] = a * x[i] + y[i];
            }
            """
        }
        let report = try check(kernel(""), grid: 2, n: 100)
        #expect(faults(report) == ["out-of-bounds@4", "out-of-bounds@4"])
        #expect(report.isComplete)
        let finding = try #require(report.findings.first { $0.array == "y" })
        #expect((finding.index, finding.count) == (100, 56))
        #expect(finding.message.contains("block 1, thread 36"), "\(finding)")
        #expect(finding.place.text == "y[i] = a * x[i] + y[i];")
        let mended = try check(kernel("if (i < n)"), grid: 2, n: 100)
        #expect(faults(mended) == [] && mended.isClean, "\(mended.findings)")
        #expect(mended.threads == 128 && mended.accesses == 300)
    }

    @Test func aWildAddressEndsTheLaunchAndNotTheProcess() throws {
        let report = try check(
            "__global__ void k(int *x) {\n    x[threadIdx.x] = 1;\n    x[-1000000000000LL + threadIdx.x] = 2;\n}",
            "x=int[64]")
        #expect(faults(report) == ["out-of-bounds@3"])
        #expect(!report.isComplete && report.limits.count == 1)
        let null = try check(
            "__global__ void k(int *x) {\n    int *p = 0;\n    if (x[0] == 0) p[threadIdx.x] = 2;\n}", "x=int[64]")
        #expect(faults(null) == ["out-of-bounds@3"])
        #expect(null.findings.first?.message.contains("a null pointer") == true, "\(null.findings)")
    }

    @Test(arguments: Fixture.ownCompilers) func whatMemsetAndMemcpyTouchIsSeen(compiler: HostCompiler) throws {
        func findings(_ lines: String..., n: String = "n=64") throws -> CheckReport {
            let body = lines.joined(separator: "\n")
            return try check(
                "__global__ void k(int *x, const int *y, int n) {\n__shared__ int tile[64];\n\(body)\n}",
                compiler: compiler, "x=int[64]:iota", "y=int[64]:iota", n)
        }
        let good = try findings(
            "if (threadIdx.x == 0) memset(tile, 0, sizeof tile);", "__syncthreads();",
            "std::memcpy(&x[threadIdx.x], &tile[threadIdx.x], 4);")
        #expect(faults(good) == [], "\(good.findings)")
        let racing = try findings(
            "if (threadIdx.x == 0) memset(tile, 0, n * 4);", "x[threadIdx.x] = tile[threadIdx.x];")
        #expect(faults(racing).contains("shared-race@3/4"), "\(racing.findings)")
        let beyond = try findings("if (threadIdx.x == 0) memcpy(x, y, n * 4);", n: "n=65")
        #expect(faults(beyond) == ["out-of-bounds@3", "out-of-bounds@3"], "\(beyond.findings)")
        #expect(beyond.findings.first?.message.contains("1 cell past the end") == true, "\(beyond.findings)")
        let negative = try findings("if (threadIdx.x == 0) memset(x, 0, n * sizeof(int));", n: "n=-3")
        #expect(faults(negative) == ["out-of-bounds@3"], "\(negative.findings)")
        #expect(negative.findings.first?.message.contains("a negative length") == true, "\(negative.findings)")
        #expect(faults(try findings("memset(x, 0, n);", n: "n=0")) == [])
    }

    @Test func threadsThatEndBeforeABarrierAreNamed() throws {
        let report = try check(
            "__global__ void k(int *x) {\n    if (threadIdx.x < 4) return;\n    __syncthreads();\n    x[threadIdx.x] = 1;\n}",
            "x=int[64]")
        #expect(faults(report) == ["divergent-barrier@3"], "\(report.findings)")
    }

    @Test func aReversalThroughSharedMemoryNeedsItsBarrier() throws {
        func kernel(_ barrier: String) -> String {
            """
            __global__ void k(float *x) {
                __shared__ float tile[64];
                int t = threadIdx.x;
                tile[t] = x[t];
                \(barrier)
                x[t] = tile[63 - t];
            }
            """
        }
        let report = try check(kernel(""), "x=float[64]:iota")
        #expect(faults(report).contains("shared-race@4/6"), "\(report.findings)")
        #expect(report.findings.first?.array == "tile")
        #expect(faults(report).allSatisfy { $0.hasSuffix("race@4/6") })
        #expect(faults(try check(kernel("__syncthreads();"), "x=float[64]:iota")) == [])
    }

    @Test func dynamicSharedMemoryHasItsNameAndItsEnd() throws {
        let text = """
            __global__ void k(float *x) {
                extern __shared__ float both[];
                int t = threadIdx.x;
                both[t] = x[t];
                __syncthreads();
                x[t] = both[(t + 1) % blockDim.x];
            }
            """
        #expect(faults(try check(text, shared: 256, "x=float[64]:iota")) == [])
        let short = try check(text, shared: 128, "x=float[64]:iota")
        #expect(faults(short) == ["out-of-bounds@4"])
        #expect(
            short.findings.first?.message.contains("both[32], 1 cell past the end of both, which has 32 cells") == true)
    }

    @Test func lanesInStepAreARaceUnlessSynchronised() throws {
        func kernel(_ sync: String) -> String {
            """
            __global__ void k(float *x) {
                __shared__ float part[32];
                int t = threadIdx.x;
                part[t] = x[t];
                \(sync)
                for (int step = 16; step > 0; step /= 2) {
                    float mine = t < step ? part[t + step] : 0.0f;
                    \(sync)
                    if (t < step) part[t] += mine;
                    \(sync)
                }
                if (t == 0) x[0] = part[0];
            }
            """
        }
        let report = try check(kernel(""), block: 32, "x=float[32]:iota")
        #expect(
            !faults(report).isEmpty && faults(report).allSatisfy { $0.hasPrefix("warp-race@") }, "\(report.findings)")
        #expect(report.findings.contains { $0.place.line == 7 && $0.other?.line == 9 }, "\(report.findings)")
        #expect(faults(try check(kernel("__syncwarp();"), block: 32, "x=float[32]:iota")) == [])
    }

    @Test func aShuffleReductionIsClean() throws {
        let report = try check(
            """
            __global__ void k(const float *x, float *sum) {
                float mine = x[blockIdx.x * blockDim.x + threadIdx.x];
                for (int step = 16; step > 0; step /= 2) mine += __shfl_down_sync(0xffffffff, mine, step);
                if (threadIdx.x % 32 == 0) atomicAdd(sum, mine);
            }
            """, grid: 2, block: 128, "x=float[256]:ones", "sum=float[1]")
        #expect(report.findings.isEmpty, "\(report.findings)")
    }

    @Test func blocksThatWriteOneCellRace() throws {
        func kernel(_ write: String) -> String {
            "__global__ void k(int *sum) {\n    if (threadIdx.x == 0)\n        \(write);\n}"
        }
        let report = try check(kernel("*sum += blockIdx.x + 1"), grid: 3, "sum=int[1]")
        #expect(faults(report) == ["global-race@3"], "\(report.findings)")
        #expect(report.findings.first?.threads.map(\.block.x).sorted() == [0, 1])
        #expect(faults(try check(kernel("atomicAdd(sum, blockIdx.x + 1)"), grid: 3, "sum=int[1]")) == [])
    }

    @Test func aFlagThatAllSetToOneIsANote() throws {
        let report = try check("__global__ void k(int *flag) {\n    *flag = 1;\n}", grid: 2, "flag=int[1]")
        #expect(faults(report) == [])
        #expect(!report.findings.isEmpty && report.isClean)
    }

    @Test func theLastBlockMayReadWhatFencesPublished() throws {
        func kernel(_ fence: String) -> String {
            """
            __global__ void k(const float *x, float *partial, unsigned int *ticket, float *sum) {
                __shared__ bool isLast;
                if (threadIdx.x == 0) {
                    partial[blockIdx.x] = x[blockIdx.x];
                    \(fence)
                    isLast = atomicAdd(ticket, 1u) == gridDim.x - 1;
                }
                __syncthreads();
                if (isLast && threadIdx.x == 0) {
                    float all = 0;
                    for (int i = 0; i < gridDim.x; i++)
                        all += partial[i];
                    *sum = all;
                }
            }
            """
        }
        let arguments = ["x=float[4]:iota", "partial=float[4]", "ticket=uint[1]", "sum=float[1]"]
        func run(_ fence: String) throws -> [String] {
            faults(try check(kernel(fence), grid: 4, arguments[0], arguments[1], arguments[2], arguments[3]))
        }
        #expect(try run("__threadfence();") == [])
        #expect(try run("") == ["global-race@4/12"])
    }

    @Test func aBarrierInABranchIsTold() throws {
        let early = try check(
            "__global__ void k(float *x, int n) {\n    int i = threadIdx.x;\n    if (i >= n) return;\n    __syncthreads();\n    x[i] = 1;\n}",
            "x=float[40]", "n=40")
        #expect(faults(early) == ["divergent-barrier@4"], "\(early.findings)")
        #expect(
            early.findings.first?.message.contains("40 of the 64 threads of block 0 wait here") == true,
            "\(early.findings)")
        #expect(!early.isComplete)
        let two = try check(
            "__global__ void k(float *x) {\n    if (threadIdx.x < 32)\n        __syncthreads();\n    else\n        __syncthreads();\n    x[threadIdx.x] = 1;\n}",
            "x=float[64]")
        #expect(faults(two) == ["divergent-barrier@3/5"], "\(two.findings)")
    }

    @Test func cellsThatStayUnwrittenAndUnwrittenReadsAreTold() throws {
        let short = try check(
            "__global__ void k(const float *x, float *out, int n) {\n    int i = blockIdx.x * blockDim.x + threadIdx.x;\n    if (i < n)\n        out[i] = x[i];\n}",
            grid: 3, n: 250, "out=float[250]")
        #expect(faults(short) == ["unwritten-output@4"])
        #expect(short.findings.first?.message.contains("out[192] to out[249]: 58 of 250 cells") == true)
        #expect(short.findings.first?.message.contains("take a grid of 4 blocks") == true)
        let fresh = try check(
            "__global__ void k(float *x) {\n    x[threadIdx.x] += 1;\n}", "x=float[64]:uninitialised")
        #expect(faults(fresh) == ["uninitialised-read@2"])
        let shared = try check(
            "__global__ void k(float *x) {\n    __shared__ float s[64];\n    if (threadIdx.x > 0) s[threadIdx.x] = 1;\n    __syncthreads();\n    x[threadIdx.x] = s[threadIdx.x];\n}",
            "x=float[64]")
        #expect(faults(shared) == ["uninitialised-read@5"])
        #expect(shared.findings.first?.index == 0)
    }

    @Test func aCrookedPointerIsTold() throws {
        let report = try check(
            "__global__ void k(char *bytes, int *out) {\n    out[threadIdx.x] = *(int *)(bytes + threadIdx.x + 1);\n}",
            block: 2, "bytes=char[64]:iota", "out=int[2]")
        #expect(faults(report) == ["misaligned@2"], "\(report.findings)")
    }

    @Test func anAssertionIsAFinding() throws {
        let report = try check(
            "__global__ void k(int *x) {\n    x[0] = 1;\n    assert(threadIdx.x < 3);\n}", "x=int[1]")
        #expect(faults(report).contains("fault@3"), "\(report.findings)")
    }

    @Test func anEndlessKernelEnds() throws {
        let source = KernelSource(
            "__global__ void k(volatile int *x) {\n    while (x[0] == 0) {}\n}", file: "k.cu")
        let arguments = [
            LaunchArgument(name: "x", content: .buffer(.init(.int32, count: 1)))
        ]
        let report = try KernelCheck.run(
            source: source, kernel: "k", shape: LaunchShape(grid: 1, block: 1), arguments: arguments,
            limits: .init(seconds: 0.2))
        #expect(report.findings.map(\.kind) == [.deadline])
    }

    @Test func faultsInDeviceFunctionsAreAtTheirOwnLine() throws {
        let report = try check(
            "__device__ float third(const float *x, int i) {\n    return x[i + 2];\n}\n__global__ void k(const float *x, float *y) {\n    y[threadIdx.x] = third(x, threadIdx.x);\n}",
            "x=float[64]:iota", "y=float[64]")
        #expect(faults(report) == ["out-of-bounds@2"])
    }

    @Test(arguments: Fixture.ownCompilers) func bothCompilersTellTheSameLines(compiler: HostCompiler) throws {
        let text = """
            __global__ void k(int *x, float *f, int *y) {
                __shared__ int own[64];
                atomicAdd(&x[0], 1);
                atomicAdd(&f[0], 1.0f);
                own[threadIdx.x] = x[0];
                y[threadIdx.x] += own[63 - threadIdx.x];
                if (threadIdx.x == 5) y[64 + threadIdx.x] = f[0];
            }
            """
        let source = KernelSource(text, file: "kernels/k.cu")
        func buffer(_ name: String, _ element: ElementType, _ pattern: LaunchArgument.Pattern) -> LaunchArgument {
            LaunchArgument(name: name, content: .buffer(.init(element, count: 64, pattern: pattern)))
        }
        let report = try KernelCheck.run(
            source: source, kernel: "k", shape: LaunchShape(grid: 1, block: 64),
            arguments: [
                buffer("x", .int32, .zeros), buffer("f", .float, .zeros), buffer("y", .int32, .uninitialised),
            ], compiler: compiler)
        let expected = [
            "out-of-bounds@7", "shared-race@5/6", "uninitialised-read@6", "global-race@3/5", "global-race@4/7",
            "warp-race@3/5", "warp-race@4/7",
        ]
        #expect(Set(faults(report)) == Set(expected), "\(report.findings)")
        #expect(report.findings.allSatisfy { $0.place.file == "kernels/k.cu" && !$0.place.text.isEmpty })
    }

    @Test func aReportGoesThroughJSON() throws {
        let report = try check("__global__ void k(float *x) {\n    x[threadIdx.x + 1] = 1;\n}", "x=float[64]")
        #expect(try roundTrip(report) == report)
        #expect(
            report.terminalText(columns: 100) == """
                k.cu:2: error: block 0, thread 63 writes x[64], 1 cell past the end of x, which has 64 cells: let
                    only threads with an index within it go on, as in if (i < n). [out-of-bounds]
                    2 | x[threadIdx.x + 1] = 1;
                k.cu:2: warning: no thread writes x[0]: 1 of 64 cells; look at the index and the guard of the write.
                    [unwritten-output]
                    2 | x[threadIdx.x + 1] = 1;
                k: 1 error, 1 warning in 64 threads and 64 accesses

                """, "\(report.terminalText(columns: 100))")
    }

    @Test func whatKeepsItFromRunningIsAnError() {
        #expect(throws: ComputeError.self) {
            try check(
                "__global__ void k(float *x) { x[0] = 1; }", grid: Dim3(Int(Int32.max), 65535, 65535), "x=float[1]")
        }
        let endless = LaunchArgument(name: "x", content: .buffer(.init(.float, count: .max)))
        #expect(throws: ComputeError.self) {
            try KernelCheck.run(
                source: KernelSource("__global__ void k(float *x) { x[0] = 1; }", file: "k.cu"), kernel: "k",
                shape: LaunchShape(grid: 1, block: 1), arguments: [endless])
        }
        #expect(throws: ComputeError.self) { try check("__global__ void k(float *x) { x[0] = ; }", "x=float[1]") }
        #expect(throws: ComputeError.self) {
            try check("__global__ void k(float *x) { x[0] = 1; }", block: 4096, "x=float[1]")
        }
    }

    @Test(arguments: [
        ("saxpy", LaunchShape(grid: 4, block: 256), ["n=1000", "a=2", "x=float[1000]:iota", "y=float[1000]:ones"]),
        ("histogram", LaunchShape(grid: 3, block: 128), ["n=2000", "data=uchar[2000]:random(3)", "counts=uint[256]"]),
        ("reduce", LaunchShape(grid: 4, block: 256), ["n=3000", "x=float[3000]:ones", "sum=float[1]"]),
        ("scan", LaunchShape(grid: 1, block: 128, shared: 1024), ["n=100", "x=float[100]:ones", "sums=float[100]"]),
        (
            "stencil", LaunchShape(grid: Dim3(3, 2), block: Dim3(16, 16)),
            ["from=float[1200]:iota", "to=float[1200]", "width=40", "height=30"]
        ),
        (
            "matmul", LaunchShape(grid: Dim3(3, 3), block: Dim3(16, 16)),
            ["n=40", "a=float[1600]:iota", "b=float[1600]:ones", "c=float[1600]"]
        ),
    ])
    func theExamplesAreClean(_ name: String, _ shape: LaunchShape, _ arguments: [String]) throws {
        let source = try Fixture.example(name)
        let signature = try #require(try KernelCheck.signatures(of: source).first)
        let parsed = try LaunchArgumentParser().parse(arguments, for: signature)
        let report = try KernelCheck.run(source: source, kernel: signature.name, shape: shape, arguments: parsed)
        #expect(report.findings.isEmpty && report.isComplete, "\(report.findings)")
    }
}
