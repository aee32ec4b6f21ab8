import StewardCompute
import Testing

@Suite struct KernelTemplateTests {
    static let text = """
        template <typename T, int N = 2>
        __global__ void scale(T factor, const T *x, T *y, int n) {
            int first = (blockIdx.x * blockDim.x + threadIdx.x) * N;
            for (int k = 0; k < N; k++)
                if (first + k < n) y[first + k] = factor * x[first + k];
        }
        namespace sums {
        template <typename T, unsigned Width>
        __global__ void total(const T *x, T *sum, int n) {
            __shared__ T tile[Width];
            int i = blockIdx.x * Width + threadIdx.x;
            tile[threadIdx.x] = i < n ? x[i] : T(0);
            __syncthreads();
            for (unsigned half = Width / 2; half > 0; half /= 2) {
                if (threadIdx.x < half) tile[threadIdx.x] += tile[threadIdx.x + half];
                __syncthreads();
            }
            if (threadIdx.x == 0) atomicAdd(sum, tile[0]);
        }
        }
        __constant__ int offset = 3;
        __global__ void plain(int *x) { x[threadIdx.x] += offset; }
        """

    // MARK: What the source says

    private func signature(
        _ name: String, of text: String = KernelTemplateTests.text
    ) throws(ComputeError) -> KernelSignature {
        let instance = KernelInstance(name)!
        return try instance.signature(in: KernelOutline(text), file: "t.cu")
    }

    @Test(
        "Types have the template's parameters replaced",
        arguments: [
            ("scale<float, 4>", "scale<float, 4>(float factor, const float* x, float* y, int n)"),
            ("scale< double >", "scale<double>(double factor, const double* x, double* y, int n)"),
            (
                "scale<unsigned   int,1>",
                "scale<unsigned int, 1>(unsigned int factor, const unsigned int* x, unsigned int* y, int n)"
            ),
            ("total<int, 64>", "sums::total<int, 64>(const int* x, int* sum, int n)"),
            ("sums::total<int,64u>", "sums::total<int, 64u>(const int* x, int* sum, int n)"),
        ])
    func substitution(name: String, expected: String) throws {
        #expect("\(try signature(name))" == expected)
    }

    @Test func defaultsMayDependOnWhatComesBefore() throws {
        let text = "template <class A, class B = A, unsigned int = 3> __global__ void k(A *a, B b, const B *c) {}"
        #expect("\(try signature("k<float>", of: text))" == "k<float>(float* a, float b, const float* c)")
        #expect("\(try signature("k<float, short>", of: text))" == "k<float, short>(float* a, short b, const short* c)")
        let all = "template <typename T = float> __global__ void k(T *a) {}"
        #expect("\(try signature("k<>", of: all))" == "k<>(float* a)")
        let nested = "template <class T> struct V { T x; };\ntemplate <class T> __global__ void k(V<T> v, T **p) {}"
        #expect("\(try signature("k<V<float>>", of: nested))" == "k<V<float> >(V<V<float>> v, V<float>** p)")
    }

    @Test(
        "What can't be an instance says what would be right",
        arguments: [
            (
                "nope<float>",
                "t.cu has no kernel template 'nope' for 'nope<float>'; it has scale<typename T, int N>, total<typename T, unsigned Width>."
            ),
            ("plain<float>", "t.cu: the kernel 'plain' is no template: name it without <...>, as 'plain'."),
            (
                "scale<>",
                "t.cu:2: 'scale<>' can't be made of scale<typename T, int N>: it takes 1 to 2 arguments, and 0 are given, as in scale<float, 2>."
            ),
            (
                "total<int, 2, 3>",
                "t.cu:9: 'total<int, 2, 3>' can't be made of total<typename T, unsigned Width>: it takes 2 arguments, and 3 are given, as in total<float, 1>."
            ),
            (
                "scale<4>",
                "t.cu:2: 'scale<4>' can't be made of scale<typename T, int N>: 'typename T' is a type, and 4 is none, as in scale<float, 2>."
            ),
            (
                "scale<float, const int*>",
                "t.cu:2: 'scale<float, const int*>' can't be made of scale<typename T, int N>: 'int N' is a value, and const int* is a type, as in scale<float, 2>."
            ),
        ])
    func refusals(name: String, message: String) {
        let error = #expect(throws: ComputeError.self) { try signature(name) }
        #expect(error?.code == .noKernel && error?.message == message)
    }

    @Test func packsAndTemplatesAsParametersAreRefused() {
        for text in [
            "template <class... T> __global__ void k(T *...x) {}",
            "template <template <class> class V> __global__ void k(V<int> x) {}",
        ] {
            let error = #expect(throws: ComputeError.self) { try signature("k<int>", of: text) }
            #expect(error?.message.contains("is a pack or a template, which a name can't give") == true, "\(text)")
        }
    }

    @Test(arguments: ["k", "", "<float>", "k<float", "k<float>x", "f(1)<2>", "k float>"])
    func whatIsNoInstance(name: String) { #expect(KernelInstance(name) == nil) }

    // MARK: On the processor

    private func scaled<Value: Element & KernelArgument & Numeric>(
        _ program: Program, _ name: String, by factor: Value, _ type: Value.Type, cells: Int
    ) throws -> [Value] {
        let x = try Buffer<Value>((0..<10).map { Value(exactly: $0)! }, on: program.device)
        let y = try Buffer<Value>(10, on: program.device)
        let kernel = try program.kernel(name, Value.self, Buffer<Value>.self, Buffer<Value>.self, Int32.self)
        try kernel.launch(grid: 1, block: Dim3((10 + cells - 1) / cells), factor, x, y, 10)
        return try y.read()
    }

    @Test(arguments: Fixture.compilers) func instancesRun(compiler: HostCompiler) throws {
        let source = KernelSource(
            Self.text, file: "t.cu", instantiations: ["scale<float,4>", "total<int, 64>", "sums::total<double, 32>"])
        let program = try Fixture.compile(source, with: compiler)
        #expect(
            program.signatures.map(\.name) == [
                "plain", "scale<float, 4>", "sums::total<int, 64>", "sums::total<double, 32>",
            ])
        #expect(
            program.signatures.map(\.staticShared) == [0, 0, 256, 256], "as much as the largest of a template takes")
        #expect(try scaled(program, "scale<float, 4>", by: 2, Float.self, cells: 4) == (0..<10).map { Float($0) * 2 })
        let x = try Buffer<Int32>((0..<1000).map { Int32($0) }, on: Fixture.device)
        let sum = try Buffer<Int32>([0], on: Fixture.device)
        let total = try program.kernel("total< int,64 >", Buffer<Int32>.self, Buffer<Int32>.self, Int32.self)
        try total.launch(grid: 16, block: 64, x, sum, 1000)
        #expect(try sum.read() == [499_500])
    }

    @Test func aProgramCompilesInstancesWhenTheyAreAskedFor() throws {
        let program = try Fixture.compile(Self.text, file: "t.cu")
        #expect(program.signatures.map(\.name) == ["plain"])
        #expect(try scaled(program, "scale<float>", by: 3, Float.self, cells: 2) == (0..<10).map { Float($0) * 3 })
        #expect(try scaled(program, "scale<int,5>", by: 3, Int32.self, cells: 5) == (0..<10).map { Int32($0) * 3 })
        #expect(try program.program(with: "scale<int, 5>") === program.program(with: "scale<int,5>"))
        let only = try Fixture.compile("template <class T> __global__ void k(T *x) { x[0] = 7; }")
        #expect(only.signatures.isEmpty)
        let x = try Buffer<Double>([0], on: Fixture.device)
        try only.kernel("k<double>", Buffer<Double>.self).launch(grid: 1, block: 1, x)
        #expect(try x.read() == [7])
    }

    /// Variables of templates are the loader's to share between objects, unless they are hidden.
    @Test(arguments: Fixture.compilers) func equalNamesInTwoSourcesHaveSharedMemoryOfTheirOwn(compiler: HostCompiler)
        throws
    {
        var programs: [Program] = []
        for size in [32, 4096] {
            let text = """
                template <class T> __global__ void fill(T *y) {
                    __shared__ T tile[\(size)];
                    for (int i = threadIdx.x; i < \(size); i += blockDim.x) tile[i] = i;
                    __syncthreads();
                    T sum = 0;
                    if (threadIdx.x == 0) { for (int i = 0; i < \(size); i++) sum += tile[i]; y[blockIdx.x] = sum; }
                }
                """
            let source = KernelSource(text, instantiations: ["fill<int>"])
            programs.append(try Fixture.compile(source, with: compiler))
        }
        for (program, size) in zip(programs, [32, 4096]) {
            #expect(program.signatures[0].staticShared == size * 4)
            let y = try Buffer<Int32>(8, on: Fixture.device)
            try program.kernel("fill<int>", Buffer<Int32>.self).launch(grid: 8, block: 32, y)
            #expect(try y.read() == [Int32](repeating: Int32(size * (size - 1) / 2), count: 8))
        }
    }

    @Test func typesAreCheckedAsOfAnyKernel() throws {
        let program = try Fixture.compile(Self.text, file: "t.cu")
        let error = #expect(throws: ComputeError.self) {
            try program.kernel("scale<float, 4>", Double.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
        }
        #expect(
            error?.code == .arguments && error?.message.contains("argument 1 of scale<float, 4>(float factor") == true)
        let bare = #expect(throws: ComputeError.self) { try program.kernel("scale", Float.self) }
        #expect(
            bare?.message.contains(
                "is a template, scale<typename T, int N>: name it with its arguments, as in scale<float, 2>.") == true)
        let absent = #expect(throws: ComputeError.self) { try program.kernel("other", Float.self) }
        #expect(
            absent?.message
                == "t.cu has no kernel 'other'; it has plain, scale<typename T, int N>, total<typename T, unsigned Width>."
        )
    }

    @Test(arguments: Fixture.compilers) func whatTheCompilerRefusesNamesTheInstance(compiler: HostCompiler) throws {
        func refusal(_ name: String, _ text: String = Self.text) throws -> ComputeError {
            let source = KernelSource(text, file: "t.cu", instantiations: [name])
            return try #require(throws: ComputeError.self) { try KernelBuild.build(source, with: compiler) }
        }
        let unknown = try refusal("scale<flota>")
        #expect(unknown.code == .compilation)
        #expect(unknown.message == "t.cu does not compile with scale<flota>: 1 error.")
        #expect(unknown.diagnostics.map(\.line) == [2] && unknown.diagnostics[0].text.hasPrefix("scale<flota>: "))
        #expect(unknown.diagnostics[0].text.contains("flota'"))
        #expect(try refusal("scale<float, 1/0>").diagnostics.allSatisfy { $0.text.hasPrefix("scale<float, 1/0>: ") })
        let inside = try refusal("scale<float*>")
        #expect(inside.message.contains("with scale<float*>") && inside.diagnostics.first?.line == 5)
        let asserted = try refusal(
            "k<3>", "template <int N> __global__ void k(int *x) {\n  static_assert(N % 2 == 0, \"N is even\");\n}")
        #expect(asserted.diagnostics.first?.line == 2 && asserted.description.contains("N is even"))
    }

    @Test(arguments: Fixture.compilers)
    func specialisationsAndExplicitInstantiationsAreTheCompilersOwn(compiler: HostCompiler) throws {
        let text = """
            template <typename T> __global__ void k(T *x, int n) {
                int i = threadIdx.x;
                if (i >= n) return;
                x[i] = 1;
            }
            template <> __global__ void k<int>(int *x, int n) {
                __shared__ int tile[64];
                tile[threadIdx.x] = threadIdx.x;
                __syncthreads();
                x[threadIdx.x] = tile[(threadIdx.x + 1) % n];
            }
            template __global__ void k<float>(float *x, int n);
            template <class T> __device__ T twice(T x) { return x + x; }
            template __device__ int twice<int>(int);
            __global__ void after(int *x, int n) { x[threadIdx.x] = twice(n); }
            """
        let source = KernelSource(text, file: "t.cu", instantiations: ["k<int>"])
        let program = try Fixture.compile(source, with: compiler)
        #expect(
            program.signatures.map(\.description) == [
                "after(int* x, int n)", "k<float>(float* x, int n)", "k<int>(int* x, int n)",
            ])
        #expect(program.compiled.templates.map(\.description) == ["k<typename T>"])
        let x = try Buffer<Int32>([9, 9, 9, 9], on: Fixture.device)
        try program.kernel("k<int>", Buffer<Int32>.self, Int32.self).launch(grid: 1, block: 4, x, 4)
        #expect(try x.read() == [1, 2, 3, 0])
        let y = try Buffer<Float>([9, 9, 9, 9], on: Fixture.device)
        try program.kernel("k<float>", Buffer<Float>.self, Int32.self).launch(grid: 1, block: 4, y, 3)
        #expect(try y.read() == [1, 1, 1, 9])
        try program.kernel("after", Buffer<Int32>.self, Int32.self).launch(grid: 1, block: 4, x, 21)
        #expect(try x.read() == [42, 42, 42, 42])
        let wrong = #expect(throws: ComputeError.self) {
            _ = try KernelBuild.build(KernelSource(text + "\nnonsense;", file: "t.cu"), with: compiler)
        }
        #expect(wrong?.diagnostics.first?.line == 16, "lines hold after what was taken out")
    }

    @Test func objectsAreKeptByTextAndInstances() throws {
        let compiler = try HostCompiler.find()
        func build(_ instances: [String]) throws -> KernelBuild.Product {
            try KernelBuild.build(KernelSource(Self.text, file: "t.cu", instantiations: instances), with: compiler)
        }
        _ = Fixture.device
        let first = try build(["scale<float, 8>"])
        #expect(try build(["scale<float,8>"]).path == first.path)
        #expect(try !build(["scale<float,8>"]).isFresh)
        #expect(try build(["scale<float, 9>"]).path != first.path)
        #expect(try build([]).path != first.path)
    }

    @Test func aCheckFindsTheLineInAnInstance() throws {
        let text = """
            template <typename T, int N> __global__ void shift(T *x) {
                __shared__ T tile[N];
                tile[threadIdx.x] = x[threadIdx.x];
                x[threadIdx.x] = tile[(threadIdx.x + 1) % N];
            }
            """
        let source = KernelSource(text, file: "shift.cu").instantiating("shift<float,64>")
        let kernel = try #require(KernelCheck.signatures(of: source).first)
        let arguments = try LaunchArgumentParser(n: 64, missing: .assumed).parse([], for: kernel)
        let report = try KernelCheck.run(
            source: source, kernel: "shift<float, 64>", shape: LaunchShape(grid: 1, block: 64), arguments: arguments)
        #expect(report.findings.contains { $0.kind == .sharedRace && [3, 4].contains($0.place.line) }, "\(report)")
    }
}

@Suite(.serialized, .standIn) struct KernelTemplateGPUTests {
    @Test func instancesRunOnAGPU() throws {
        do {
            let device = try StandIn.shared.device()
            let program = try device.compile(cuda: KernelSource(KernelTemplateTests.text, file: "t.cu"))
            #expect(program.signatures.map(\.name) == ["plain"])
            let x = try Buffer<Float>([1, 2, 3, 4, 5], on: device)
            let y = try Buffer<Float>(5, on: device)
            try program.kernel("scale<float,4>", Float.self, Buffer<Float>.self, Buffer<Float>.self, Int32.self)
                .launch(grid: 1, block: 2, 3, x, y, 5)
            #expect(try y.read() == [3, 6, 9, 12, 15])
            let sum = try Buffer<Float>([0], on: device)
            try program.kernel("total<float, 64>", Buffer<Float>.self, Buffer<Float>.self, Int32.self)
                .launch(grid: 1, block: 64, x, sum, 5)
            #expect(try sum.read() == [15])
            let error = #expect(throws: ComputeError.self) { try program.kernel("scale<float, 4, 4>", Float.self) }
            #expect(error?.code == .noKernel && error?.message.contains("3 are given") == true)
            let bare = #expect(throws: ComputeError.self) { try program.kernel("scale", Float.self) }
            #expect(bare?.message.contains("as in scale<float, 2>") == true)
        }
        #expect(StandIn.shared.alive == [:])
    }
}

@Suite(.enabled(if: RealCompiler.isHere, RealCompiler.reason)) struct KernelTemplateCompilerTests {
    @Test func instancesCompileForEveryGeneration() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(
            KernelTemplateTests.text, file: "t.cu",
            instantiations: ["scale<float,4>", "scale<double>", "total<int, 64>", "scale< unsigned char , 16 >"])
        let kernels = try KernelParser.signatures(of: source, outline: KernelOutline(source.text)).map(\.name)
        for architecture in RealCompiler.architectures {
            let code = try compiler.compile(source, for: .machine(architecture), kernels: kernels)
            #expect(code.image.prefix(4) == [0x7F, 0x45, 0x4C, 0x46])
            #expect(Set(code.lowered.keys) == Set(kernels))
            #expect(code.lowered["scale<float, 4>"]?.hasPrefix("_Z5scaleIfLi4EE") == true, "\(code.lowered)")
            #expect(code.lowered["sums::total<int, 64>"]?.hasPrefix("_ZN4sums5totalIiLj64EE") == true)
        }
    }

    @Test func whatTheTextInstantiatesIsAKernel() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(
            """
            template <typename T> __global__ void k(T *x) { x[threadIdx.x] = 1; }
            template <> __global__ void k<int>(int *x) { x[threadIdx.x] = 2; }
            template __global__ void k<float>(float *x);
            """, file: "t.cu", instantiations: ["k<int>"])
        let kernels = try KernelParser.signatures(of: source, outline: KernelOutline(source.text)).map(\.name)
        #expect(kernels == ["k<float>", "k<int>"])
        for architecture in RealCompiler.architectures {
            let code = try compiler.compile(source, for: .machine(architecture), kernels: kernels)
            #expect(
                code.lowered["k<float>"]?.hasPrefix("_Z1kIfE") == true
                    && code.lowered["k<int>"]?.hasPrefix("_Z1kIiE") == true)
        }
    }

    @Test func whatNVRTCRefusesNamesTheInstance() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        for name in ["scale<flota>", "scale<float*>", "scale<float, 1/0>"] {
            let source = KernelSource(KernelTemplateTests.text, file: "t.cu", instantiations: [name])
            let kernels = try KernelParser.signatures(of: source, outline: KernelOutline(source.text)).map(\.name)
            let error = #expect(throws: ComputeError.self) {
                try compiler.compile(source, for: .machine(90), kernels: kernels)
            }
            #expect(error?.message.contains(name) == true, "\(error?.description ?? "")")
            #expect(error?.code == .compilation || error?.code == .noKernel)
        }
    }

    @Test func compiledInstancesAreKeptOnDisk() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(KernelTemplateTests.text, file: "t.cu", instantiations: ["scale<float, 4>"])
        let code = try compiler.compile(source, for: .machine(90), kernels: ["plain", "scale<float, 4>"])
        let cache = CompiledCodeCache(folder: Tool.scratch("templates"))
        let key = CompiledCodeCache.key(source, recipe: ["r"])
        cache.store(code, key)
        #expect(cache.code(key) == code)
        var other = source
        other.instantiations = ["scale<float, 5>"]
        #expect(CompiledCodeCache.key(other, recipe: ["r"]) != key)
    }
}
