import StewardCompute
import Testing

/// The real NVRTC, which needs neither driver nor GPU: `tools/setup --tests` puts it into .venv-cuda.
enum RealCompiler {
    static let nvrtc: NVRTC? = {
        let python = "\(Tool.root)/.venv-cuda/bin/python3"
        let paths = CUDALibraryPaths(environment: ["STEWARD_CUDA_PYTHON": python])
        return try? CUDALibraries(paths: paths).compiler()
    }()
    static let isHere = nvrtc != nil
    static let reason: Comment = "not run: NVRTC is not here (tools/setup --tests installs it into .venv-cuda)"
    /// Turing, Ampere, Hopper, Blackwell.
    static let architectures = [75, 80, 90, 100]
}

@Suite(.enabled(if: RealCompiler.isHere, RealCompiler.reason))
struct CUDACompilerTests {
    @Test func everyKernelOfTheProductCompilesForEveryGeneration() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let sources = ProductKernels.all
        for place in ["Examples/compute", "Sources/Features/Compute", "Sources/Features/Training"] {
            #expect(sources.contains { $0.file.hasPrefix(place) }, "no kernel was found in \(place)")
        }
        for source in sources {
            let outline = KernelOutline(source.text, definitions: source.defines)
            var source = source
            source.instantiations = KernelParser.templates(of: outline).map(\.example)
            let kernels = try KernelParser.signatures(of: source, outline: outline).map(\.name)
            #expect(!kernels.isEmpty, "\(source.file) has no kernel")
            for architecture in RealCompiler.architectures {
                do throws(ComputeError) {
                    let code = try compiler.compile(source, for: .machine(architecture), kernels: kernels)
                    #expect(code.image.prefix(4) == [0x7F, 0x45, 0x4C, 0x46], "\(source.file) gives no ELF file")
                    #expect(Set(code.lowered.keys) == Set(kernels))
                } catch {
                    Issue.record("\(source.file) for sm_\(architecture): \(error)")
                }
            }
        }
    }

    @Test func anErrorNamesTheLineAndTheColumnOfTheSource() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(
            "__global__ void k(float* x) {\n    int unused;\n    x[0] = q;\n    x[1] = 1 +;\n}\n",
            file: "wrong (copy).cu")
        let error = #expect(throws: ComputeError.self) {
            try compiler.compile(source, for: .machine(90), kernels: ["k"])
        }
        #expect(error?.code == .compilation)
        let errors = error?.diagnostics.filter { $0.severity == .error } ?? []
        #expect(errors.map(\.line) == [3, 4])
        #expect(errors.map(\.column) == [12, 15])
        #expect(errors.first?.file == "wrong (copy).cu")
        #expect(errors.first?.text == "identifier \"q\" is undefined")
        #expect(error?.diagnostics.first { $0.severity == .warning }?.line == 2)
        #expect(error?.message == "wrong (copy).cu does not compile for the GPU: 2 errors.")
    }

    @Test func headersThatProgramsNameAreThere() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let includes = CUDAHeaders.all.map { "#include <\($0.name)>" }.joined(separator: "\n")
        let source = KernelSource(
            includes + """

                __global__ void k(float* x, int64_t n, uint8_t b) {
                    assert(n > 0);
                    x[0] = FLT_MAX + sqrtf(fabsf((float)INT_MAX)) + b;
                    printf("%f", x[0]);
                }
                """, file: "headers.cu")
        let code = try compiler.compile(source, for: .machine(80), kernels: ["k"])
        #expect(code.lowered["k"]?.hasPrefix("_Z1kPf") == true)
    }

    /// With NVIDIA's own `cuda_fp16.h` and `cuda_bf16.h`, which lie beside the library.
    @Test func kernelsOfHalvesCompileForEveryGeneration() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(
            """
            #include <cuda_fp16.h>
            #include <cuda_bf16.h>
            __global__ void narrow(const float* x, __half* y, __nv_bfloat16* z, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) { y[i] = __float2half(x[i]); z[i] = __float2bfloat16(x[i]); }
            }
            """, file: "halves.cu")
        for architecture in RealCompiler.architectures {
            let code = try compiler.compile(source, for: .machine(architecture), kernels: ["narrow"])
            #expect(code.lowered["narrow"]?.hasPrefix("_Z6narrow") == true)
        }
    }

    /// The stand-in's functions have the prototypes of NVIDIA's headers, or the compiler says which one hasn't.
    @Test func theStandInIsWhatNVIDIAsHeadersDeclare() {
        let nvidia = "\(Tool.root)/.venv-cuda/lib/python3*/site-packages/nvidia"
        let folders = ["cuda_runtime", "cuda_nvrtc"].flatMap { CUDALibraryPaths.glob("\(nvidia)/\($0)/include") }
        #expect(folders.count == 2, "tools/setup --tests installs the headers into .venv-cuda")
        let files = ["driver", "kernels", "streams", "nvrtc", "control"].map {
            "\(Tool.root)/Tests/Support/StandInCUDA/\($0).c"
        }
        let options = ["-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "-DSTANDIN_REAL_HEADERS"]
        #expect(Tool.run(["cc"] + options + folders.map { "-I\($0)" } + files) == 0)
    }

    @Test func plainCNamesStayAsTheyAre() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(
            "extern \"C\" __global__ void plain(float* x) { x[0] = SIZE; }", defines: ["SIZE": "3"])
        let code = try compiler.compile(source, for: .machine(75), kernels: ["plain"])
        #expect(code.lowered == ["plain": "plain"])
    }

    @Test func kernelsInNamespacesAndConditionsOfTheDeviceCompile() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        let source = KernelSource(
            """
            #if defined(__CUDACC_RTC__) && __CUDA_ARCH__ >= 800 && __CUDACC_VER_MAJOR__ >= 11
            namespace a { namespace { __global__ void k(float* x) { x[0] = 1; } } __global__ void l(int n) {} }
            #else
            __global__ void old(float* x) {}
            #endif
            """)
        for (architecture, names) in [(90, ["a::k", "a::l"]), (75, ["old"])] {
            let definitions = compiler.definitions(for: source, .machine(architecture))
            let outline = KernelOutline(source.text, definitions: definitions)
            let expressions = KernelParser.expressions(of: outline)
            let kernels = KernelParser.signatures(of: outline).map { expressions[$0.name] ?? $0.name }
            #expect(kernels == names)
            let code = try compiler.compile(source, for: .machine(architecture), kernels: kernels)
            #expect(Set(code.lowered.keys) == Set(names))
        }
    }

    @Test func aNewerDeviceGetsPortableCode() throws {
        let compiler = CUDACompiler(try #require(RealCompiler.nvrtc))
        #expect(try compiler.target(for: 90) == .machine(90))
        #expect(try compiler.target(for: 999) == .portable(compiler.nvrtc.architectures.last!))
        let error = #expect(throws: ComputeError.self) { try compiler.target(for: 30) }
        #expect(error?.code == .noCompiler)
        let code = try compiler.compile(
            KernelSource("__global__ void k(float* x) { x[0] = 1; }"), for: .portable(120), kernels: ["k"])
        #expect(String(decoding: code.image, as: UTF8.self).contains(".target sm_120"))
        #expect(code.image.last == 0)
    }
}
