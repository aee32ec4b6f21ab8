import StewardCompute
import Testing

@Suite struct KernelParserTests {
    /// `name(type name, ...)@line` of each kernel.
    private func kernels(_ text: String, _ definitions: [String: String] = [:]) -> [String] {
        KernelParser.signatures(of: text, definitions: definitions).map { "\($0)@\($0.line)" }
    }

    @Test(arguments: [
        (
            "__global__ void k(float a, const float *x, float* y, int n) {}",
            "k(float a, const float* x, float* y, int n)@1"
        ),
        ("extern \"C\" __global__ void\nk(unsigned n) {\n}", "k(unsigned int n)@2"),
        ("extern \"C\" {\n__global__ void k() {}\n}", "k()@2"),
        ("__global__ void __launch_bounds__(256, 2) k(void) {}", "k()@1"),
        ("static __global__ void k(const float* __restrict__ x) {}", "k(const float* x)@1"),
        (
            "__global__ __attribute__((used)) void k(size_t n, uint8_t *p) {}",
            "k(unsigned long long n, unsigned char* p)@1"
        ),
        (
            "void __global__ k(unsigned long long int a, long b, short c, char d) {}",
            "k(unsigned long long a, long long b, short c, signed char d)@1"
        ),
        (
            "__global__ void k(float const *x, const volatile double* const y) {}",
            "k(const float* x, const double* y)@1"
        ),
        ("__global__ void k(int x[], float y[4][4]) {}", "k(int* x, float** y)@1"),
        ("__global__ void k(int, float *, unsigned) {}", "k(int , float* , unsigned int )@1"),
        ("__global__ void k(int n = (3 + 4), float a = 1.f) {}", "k(int n, float a)@1"),
        (
            "struct P { int x; };\n__global__ void k(P p, const struct P *q, ns::T<int, 4> t) {}",
            "k(P p, const P* q, ns::T<int, 4> t)@2"
        ),
        (
            "__global__ void k(__half *h, const __nv_bfloat16 *b, bool f) {}",
            "k(__half* h, const __nv_bfloat16* b, bool f)@1"
        ),
        (
            "__global__ void k(__grid_constant__ const int n, void *p, char **q) {}",
            "k(int n, void* p, char** q)@1"
        ),
        ("namespace a { namespace b::c {\n__global__ void k(int n) {}\n} }", "k(int n)@2"),
        ("MACRO(x)\n__global__ void k(int n) {}", "k(int n)@2"),
        (
            "__constant__ float c[3] = {1, 2, 3};\n__device__ int f(int x) { return x; }\n__global__ void k(int n) { f(n); }",
            "k(int n)@3"
        ),
        (
            "enum E { A, B };\nstatic const int t[] = {1, 2}; auto l = [](int x) { return x; };\n__global__ void k(int n) {}",
            "k(int n)@3"
        ),
        ("__global__ void k(int n); // later\n__global__ void k(int n) {}", "k(int n)@2"),
        (
            "/* __global__ void no() {} */ // __global__ void no() {}\nconst char *s = \"__global__ void no() {}\";\n"
                + "__global__ void k(/* no, */ int n) {}", "k(int n)@3"
        ),
        ("const char *s = R\"x(\n__global__ void no() {} )\" )x\";\n__global__ void k(int n) {}", "k(int n)@3"),
        ("#define F(x) \\\n __global__ void no() {}\n__global__ void k(int n) {}", "k(int n)@3"),
        (
            "template <typename T, int N = (2 > 1)> __global__ void no(T *x) {}\n__global__ void k(int n) {}",
            "k(int n)@2"
        ),
        (
            "template <class T> struct S { T x; __device__ T get() { return x; } };\n__global__ void k(S<int> s) {}",
            "k(S<int> s)@2"
        ),
        (
            "struct V { float x; };\n__device__ V operator+(V a, V b) { return V{a.x + b.x}; }\n__global__ void k(V v) {}",
            "k(V v)@3"
        ),
    ]) func aKernelsSignatureIsRead(text: String, expected: String) {
        #expect(kernels(text) == [expected])
    }

    @Test(arguments: [
        ("typedef double real;\n__global__ void k(real a, const real *x) {}", "k(double a, const double* x)@2"),
        ("using real = float; using number = real;\n__global__ void k(number a) {}", "k(float a)@2"),
        (
            "typedef const float *row;\n__global__ void k(const row x, row *y) {}",
            "k(const float* x, const float** y)@2"
        ),
        ("typedef float *cells;\n__global__ void k(const cells x) {}", "k(float* x)@2"),
        (
            "namespace a { typedef unsigned int word;\n__global__ void k(word n, a::word m) {} }",
            "k(unsigned int n, unsigned int m)@2"
        ),
        (
            "#define REAL double\n#define OUT *__restrict__\n__global__ void k(REAL a, REAL OUT x) {}",
            "k(double a, double* x)@3"
        ),
        (
            "namespace a { typedef int t; } namespace b { typedef float t; }\n__global__ void k(t x, a::t y) {}",
            "k(t x, int y)@2"
        ),
        (
            "typedef struct { int x; } Box; typedef Box Other; typedef int (*F)(int), A[3];\n__global__ void k(Other b, F f, A a) {}",
            "k(Other b, F f, A a)@2"
        ),
        ("typedef bool flag; typedef Box *handle;\n__global__ void k(flag f, handle h) {}", "k(bool f, Box* h)@2"),
        ("template <class T> using vec = T; typedef t t;\n__global__ void k(vec v, t x) {}", "k(vec v, t x)@2"),
    ]) func otherNamesOfTypesAreResolved(text: String, expected: String) {
        #expect(kernels(text) == [expected])
    }

    @Test func definitionsMayNameTypes() {
        #expect(kernels("__global__ void k(DTYPE a, DTYPE *x) {}", ["DTYPE": "float"]) == ["k(float a, float* x)@1"])
    }

    @Test func kernelsInNamespacesAreAskedForByTheirWholeNames() {
        let text =
            "namespace a { namespace b { __global__ void k(int n) {} } __global__ void l() {} }\n__global__ void m() {}"
        #expect(KernelParser.expressions(of: KernelOutline(text)) == ["k": "a::b::k", "l": "a::l"])
    }

    @Test func conditionsDecideWhichKernelsThereAre() {
        let text = """
            #if 0
            __global__ void a() {}
            #elif defined(FAST) && SIZE >= 16 // why
            __global__ void b() {}
            #else
            __global__ void c() {}
            #endif
            #ifndef FAST
            __global__ void d() {}
            #endif
            #define LATER 0x2
            #if (LATER + 1) * 2 == 6 && !defined OTHER || 1 / 0
            __global__ void e() {}
            #endif
            #if __has_include(<x>) ? 1 : 2
            __global__ void f() {}
            #endif
            """
        #expect(kernels(text) == ["c()@6", "d()@9", "e()@13", "f()@16"])
        #expect(kernels(text, ["FAST": "", "SIZE": "32"]) == ["b()@4", "e()@13", "f()@16"])
    }

    @Test func theExamplesAreRead() throws {
        #expect(try kernels(Fixture.example("saxpy").text) == ["saxpy(float a, const float* x, float* y, int n)@3"])
        #expect(
            try kernels(Fixture.example("stencil").text)
                == ["stencil(const float* from, float* to, int width, int height)@9"])
    }

    /// Cuts, repeats, swaps and changes bytes of real sources: whatever comes out, the parser ends, every token lies in
    /// the text, lines count up, and translating it doesn't fail either.
    @Test func mutatedSourcesNeverBreakTheParser() throws {
        let names = ["saxpy", "reduce", "matmul", "histogram", "stencil", "scan"]
        let sources = try names.map { Array(try Fixture.example($0).text.utf8) }
        let words = [
            "{", "}", "(", ")", "\"", "/*", "*/", "#if ", "\\\n", "R\"(", "<", "__global__", "extern", "'", "\u{0}",
            "=", ";",
        ]
        var state: UInt64 = 99
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
        for round in 0..<600 {
            var bytes = sources[round % sources.count]
            for _ in 0...random(6) {
                let (at, end) = (random(bytes.count), random(bytes.count))
                switch random(4) {
                case 0: bytes.removeSubrange(min(at, end)..<max(at, end))
                case 1: bytes.insert(contentsOf: Array(words[random(words.count)].utf8), at: at)
                case 2: bytes.insert(contentsOf: bytes[min(at, end)..<max(at, end)].prefix(200), at: at)
                default: if !bytes.isEmpty { bytes[at % bytes.count] = UInt8(random(256)) }
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let tokens = KernelLexer.tokens(of: text)
            #expect(tokens.allSatisfy { $0.range.upperBound <= text.utf8.count && !$0.range.isEmpty })
            #expect(
                zip(tokens, tokens.dropFirst()).allSatisfy {
                    $0.range.upperBound <= $1.range.lowerBound && $0.line <= $1.line
                })
            let translation = try KernelTranslation(KernelSource(text))
            #expect(Set(translation.signatures.map(\.name)).count == translation.signatures.count)
        }
    }
}
