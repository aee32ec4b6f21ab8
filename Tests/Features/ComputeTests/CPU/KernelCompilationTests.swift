import Testing

@testable import StewardCompute

/// What the compiler says, in the lines and columns of the user's file.
@Suite struct KernelCompilationTests {
    private func refusal(_ text: String, _ compiler: HostCompiler, defines: [String: String] = [:]) -> ComputeError? {
        #expect(throws: ComputeError.self) {
            _ = try KernelBuild.build(KernelSource(text, file: "wrong.cu", defines: defines), with: compiler)
        }
    }

    @Test(arguments: Fixture.compilers) func anErrorNamesItsLineAndColumn(compiler: HostCompiler) throws {
        let text = """
            // a comment
            extern "C" __global__ void k(float *x, int n) { x[0] = y; }
            __device__ int twice(int i) { return undefined_name * i; }
            """
        let error = try #require(refusal(text, compiler))
        #expect(error.code == .compilation && error.message == "wrong.cu does not compile: 2 errors.")
        let places = error.diagnostics.filter { $0.severity == .error }.map { [$0.line, $0.column] }
        #expect(places == [[2, 56], [3, 38]])
        #expect(error.diagnostics.allSatisfy { $0.file == "wrong.cu" })
        #expect(error.description.contains("wrong.cu:2:56: error: "))
    }

    @Test(arguments: Fixture.compilers) func placesHoldAfterEveryKindOfRewriting(compiler: HostCompiler) throws {
        let text = """
            #include <cuda_runtime.h>
            #define N 4

            \t__global__ void k(float *x, \t
                int n) {
                extern __shared__ float s[]; nonsense1;
                if (n > 3) return; nonsense2;
                static __shared__ int t; nonsense3;
            }
            """
        let error = try #require(refusal(text, compiler))
        let places = error.diagnostics.filter { $0.severity == .error }.map { [$0.line, $0.column] }
        #expect(places == [[6, 34], [7, 24], [8, 30]])
    }

    @Test(arguments: Fixture.compilers) func anUndefinedFunctionIsAnErrorOfTheCompile(compiler: HostCompiler) throws {
        let error = try #require(
            refusal("int outside(int);\n__global__ void k(int *x) { x[0] = outside(1); }", compiler))
        #expect(error.code == .compilation)
        #expect(error.description.contains("outside"))
    }

    @Test func whatIsNoKernelIsSaid() throws {
        let compiler = try HostCompiler.find()
        #expect(refusal("int x;", compiler)?.message == "wrong.cu has no kernel: mark a function with __global__.")
        let host = refusal("__global__ void k() {}\nint main() { k<<<1, 1>>>(); }", compiler)
        #expect(host?.code == .compilation && host?.message.contains("Only kernels are compiled") == true)
    }

    @Test(arguments: Fixture.compilers) func definesReachConditionsAndCode(compiler: HostCompiler) throws {
        let text = """
            #if MODE == 2
            __global__ void two(int *x) { x[threadIdx.x] = VALUE; }
            #elif defined(MODE)
            __global__ void one(int *x, int y) { x[0] = y; }
            #endif
            """
        let source = KernelSource(text, file: "defined.cu", defines: ["MODE": "2", "VALUE": "(40 + 2)"])
        let program = try Fixture.compile(source, with: compiler)
        #expect(program.signatures.map(\.name) == ["two"])
        let x = try Buffer<Int32>(3, on: Fixture.device)
        try program.kernel("two", Buffer<Int32>.self).launch(grid: 1, block: 3, x)
        #expect(try x.read() == [42, 42, 42])
    }

    @Test(arguments: Fixture.ownCompilers) func filesOfOnesOwnAreNotIncluded(compiler: HostCompiler) throws {
        let kernel = "\n__global__ void k(int *x) { x[0] = 1; }"
        for name in ["\"/tmp/own.h\"", "</tmp/own.h>", "\"../own.h\"", "<sys/../../own.h>"] {
            let error = try #require(refusal("// one\n#  include \(name) // own\(kernel)", compiler))
            #expect(error.code == .compilation && error.diagnostics.map(\.line) == [2], "\(name)")
            #expect(error.description.contains("own.h' is included: one source is one file"), "\(name)")
        }
        let text = "#include \"stdint.h\"\n#include <math.h>\n#if 0\n#include \"/tmp/own.h\"\n#endif\(kernel)"
        _ = try KernelBuild.build(KernelSource(text), with: compiler)
    }

    @Test func aCompilerThatIsNoneIsSaid() throws {
        #expect(HostCompiler.locate("no-such-compiler") == nil)
        let error = #expect(throws: ComputeError.self) { _ = try CompilerRun.run(["/no/such/program"]) }
        #expect(error?.code == .noCompiler)
    }
}
