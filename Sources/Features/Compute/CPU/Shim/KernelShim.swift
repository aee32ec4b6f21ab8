/// What CUDA C finds before its first line when it is compiled for the processor: CUDA's words in C++17, without any
/// header of the system, so that it compiles quickly and wherever a compiler is.
package enum KernelShim {
    /// All of it, in order.
    package static let text = [
        base, interface, storage, types, math, intrinsics, host, atomics, warps, halves, entries,
    ].joined(separator: "\n")

    /// For check mode: what `-fsanitize=thread` makes the compiler call.
    package static let checkText = "#define STEWARD_CHECK 1\n" + text + "\n" + accesses

    static let base = #"""
        #define __CUDACC__ 1
        #define __CUDA_ARCH__ 700
        #define __STEWARD__ 1
        typedef __SIZE_TYPE__ size_t;
        typedef __PTRDIFF_TYPE__ ptrdiff_t;
        typedef __INTPTR_TYPE__ intptr_t;
        typedef __UINTPTR_TYPE__ uintptr_t;
        typedef __INT8_TYPE__ int8_t;
        typedef __INT16_TYPE__ int16_t;
        typedef __INT32_TYPE__ int32_t;
        typedef __INT64_TYPE__ int64_t;
        typedef __UINT8_TYPE__ uint8_t;
        typedef __UINT16_TYPE__ uint16_t;
        typedef __UINT32_TYPE__ uint32_t;
        typedef __UINT64_TYPE__ uint64_t;
        typedef unsigned int uint;
        typedef unsigned short ushort;
        typedef unsigned long ulong;
        typedef unsigned char uchar;
        #define STEWARD_INNER inline __attribute__((always_inline))
        #define STEWARD_INLINE static inline __attribute__((always_inline))
        #if defined(__clang__)
        #define STEWARD_UNWATCHED __attribute__((disable_sanitizer_instrumentation))
        #else
        #define STEWARD_UNWATCHED __attribute__((no_sanitize("thread")))
        #define __builtin_assume(condition) ((condition) ? (void)0 : __builtin_unreachable())
        #endif
        // Functions of CUDA that touch memory: in check mode called, so that the caller's line is known.
        #if STEWARD_CHECK
        #define STEWARD_CALLED static __attribute__((noinline))
        #define __global__ __attribute__((noinline))
        #else
        #define STEWARD_CALLED STEWARD_INLINE
        #define __global__ inline __attribute__((always_inline))
        #endif
        #define __device__
        #define __host__
        #define __managed__
        #define __constant__ __attribute__((visibility("default")))
        #define __shared__ static thread_local
        #define __forceinline__ inline __attribute__((always_inline))
        #define __inline_hint__ inline
        #define __noinline__ __attribute__((noinline))
        #define __align__(bytes) __attribute__((aligned(bytes)))
        #define __launch_bounds__(...)
        #define __cluster_dims__(...)
        #define __maxnreg__(...)
        #define __grid_constant__
        #define CUDART_INF_F __builtin_inff()
        #define CUDART_NAN_F __builtin_nanf("")
        #define CUDART_INF __builtin_inf()
        #define CUDART_NAN __builtin_nan("")
        #define CUDART_PI_F 3.141592654f
        #define CUDART_PI 3.1415926535897931e+0
        #define INFINITY __builtin_inff()
        #define NAN __builtin_nanf("")
        #define FLT_MAX __FLT_MAX__
        #define FLT_MIN __FLT_MIN__
        #define FLT_EPSILON __FLT_EPSILON__
        #define DBL_MAX __DBL_MAX__
        #define DBL_MIN __DBL_MIN__
        #define DBL_EPSILON __DBL_EPSILON__
        #define INT_MAX __INT_MAX__
        #define INT_MIN (-__INT_MAX__ - 1)
        #define UINT_MAX (2u * __INT_MAX__ + 1)
        #define LLONG_MAX __LONG_LONG_MAX__
        #define LLONG_MIN (-__LONG_LONG_MAX__ - 1)
        #define ULLONG_MAX (2ull * __LONG_LONG_MAX__ + 1)
        #define INT32_MAX INT_MAX
        #define INT32_MIN INT_MIN
        #define UINT32_MAX UINT_MAX
        #define M_PI 3.14159265358979323846
        #define M_PI_F 3.14159265358979323846f
        #define M_E 2.7182818284590452354
        #define M_SQRT2 1.41421356237309504880
        #define M_SQRT1_2 0.70710678118654752440
        #ifndef NULL
        #define NULL __null
        #endif
        """#

    static let types = #"""
        struct dim3 {
            unsigned x, y, z;
            constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
        };
        #define STEWARD_VECTOR(T, name, one, two, four)                                                           \
            struct __align__(one) name##1 { T x; };                                                               \
            struct __align__(two) name##2 { T x, y; };                                                            \
            struct __align__(one) name##3 { T x, y, z; };                                                         \
            struct __align__(four) name##4 { T x, y, z, w; };                                                     \
            STEWARD_INLINE name##1 make_##name##1(T x) { return name##1{x}; }                                     \
            STEWARD_INLINE name##2 make_##name##2(T x, T y) { return name##2{x, y}; }                             \
            STEWARD_INLINE name##3 make_##name##3(T x, T y, T z) { return name##3{x, y, z}; }                     \
            STEWARD_INLINE name##4 make_##name##4(T x, T y, T z, T w) { return name##4{x, y, z, w}; }
        STEWARD_VECTOR(signed char, char, 1, 2, 4)
        STEWARD_VECTOR(unsigned char, uchar, 1, 2, 4)
        STEWARD_VECTOR(short, short, 2, 4, 8)
        STEWARD_VECTOR(unsigned short, ushort, 2, 4, 8)
        STEWARD_VECTOR(int, int, 4, 8, 16)
        STEWARD_VECTOR(unsigned, uint, 4, 8, 16)
        STEWARD_VECTOR(long, long, 8, 16, 16)
        STEWARD_VECTOR(unsigned long, ulong, 8, 16, 16)
        STEWARD_VECTOR(long long, longlong, 8, 16, 16)
        STEWARD_VECTOR(unsigned long long, ulonglong, 8, 16, 16)
        STEWARD_VECTOR(float, float, 4, 8, 16)
        STEWARD_VECTOR(double, double, 8, 16, 16)

        // In kernels these words are parameters; elsewhere they mean the thread that runs.
        static thread_local uint3 threadIdx, blockIdx;
        static thread_local dim3 blockDim, gridDim;
        static constexpr int warpSize = 32;

        template <class A, class B> struct steward_same { static constexpr bool value = false; };
        template <class A> struct steward_same<A, A> { static constexpr bool value = true; };
        template <class T> struct steward_plain { typedef T type; };
        template <class T> struct steward_plain<const T> { typedef T type; };
        template <class T> struct steward_plain<volatile T> { typedef T type; };
        template <class T> struct steward_plain<const volatile T> { typedef T type; };
        template <bool condition, class T> struct steward_when {};
        template <class T> struct steward_when<true, T> { typedef T type; };
        template <class T> struct steward_exactly { typedef T type; };
        template <class T> struct steward_integral { static constexpr bool value = false; };
        #define STEWARD_INTEGRAL(T) template <> struct steward_integral<T> { static constexpr bool value = true; };
        STEWARD_INTEGRAL(bool)
        STEWARD_INTEGRAL(char)
        STEWARD_INTEGRAL(signed char)
        STEWARD_INTEGRAL(unsigned char)
        STEWARD_INTEGRAL(short)
        STEWARD_INTEGRAL(unsigned short)
        STEWARD_INTEGRAL(int)
        STEWARD_INTEGRAL(unsigned)
        STEWARD_INTEGRAL(long)
        STEWARD_INTEGRAL(unsigned long)
        STEWARD_INTEGRAL(long long)
        STEWARD_INTEGRAL(unsigned long long)
        """#

    /// The text between the marks of CCompute's `compute_kernels.h`.
    static let interface = KernelInterface.text
}
