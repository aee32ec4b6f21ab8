extension KernelShim {
    /// C's functions under the names that CUDA gives them for `float`, `double` and integers.
    static let math = #"""
        #define STEWARD_ONE(name)                                                                                 \
            extern "C" double name(double) noexcept;                                                              \
            extern "C" float name##f(float) noexcept;                                                             \
            STEWARD_INLINE float name(float x) { return name##f(x); }                                             \
            template <class T> STEWARD_INLINE typename steward_when<steward_integral<T>::value, double>::type     \
            name(T x) { return name((double)x); }
        #define STEWARD_TWO(name)                                                                                 \
            extern "C" double name(double, double) noexcept;                                                      \
            extern "C" float name##f(float, float) noexcept;                                                      \
            STEWARD_INLINE float name(float x, float y) { return name##f(x, y); }                                 \
            template <class A, class B>                                                                           \
            STEWARD_INLINE typename steward_when<!steward_same<A, B>::value || steward_integral<A>::value, double>::type \
            name(A x, B y) { return name((double)x, (double)y); }
        STEWARD_ONE(sqrt) STEWARD_ONE(cbrt) STEWARD_ONE(exp) STEWARD_ONE(exp2) STEWARD_ONE(expm1) STEWARD_ONE(log)
        STEWARD_ONE(log2) STEWARD_ONE(log10) STEWARD_ONE(log1p) STEWARD_ONE(logb) STEWARD_ONE(sin) STEWARD_ONE(cos)
        STEWARD_ONE(tan) STEWARD_ONE(asin) STEWARD_ONE(acos) STEWARD_ONE(atan) STEWARD_ONE(sinh) STEWARD_ONE(cosh)
        STEWARD_ONE(tanh) STEWARD_ONE(asinh) STEWARD_ONE(acosh) STEWARD_ONE(atanh) STEWARD_ONE(floor)
        STEWARD_ONE(ceil) STEWARD_ONE(trunc) STEWARD_ONE(round) STEWARD_ONE(rint) STEWARD_ONE(nearbyint)
        STEWARD_ONE(fabs) STEWARD_ONE(erf) STEWARD_ONE(erfc) STEWARD_ONE(tgamma) STEWARD_ONE(lgamma)
        STEWARD_TWO(pow) STEWARD_TWO(fmod) STEWARD_TWO(atan2) STEWARD_TWO(hypot) STEWARD_TWO(fmin) STEWARD_TWO(fmax)
        STEWARD_TWO(copysign) STEWARD_TWO(fdim) STEWARD_TWO(remainder) STEWARD_TWO(nextafter)
        #define STEWARD_TO(T, name)                                                                               \
            extern "C" T name(double) noexcept;                                                                   \
            extern "C" T name##f(float) noexcept;                                                                 \
            STEWARD_INLINE T name(float x) { return name##f(x); }
        STEWARD_TO(long, lround) STEWARD_TO(long long, llround) STEWARD_TO(long, lrint) STEWARD_TO(long long, llrint)
        STEWARD_TO(int, ilogb)
        extern "C" double fma(double, double, double) noexcept;
        extern "C" float fmaf(float, float, float) noexcept;
        extern "C" double ldexp(double, int) noexcept;
        extern "C" float ldexpf(float, int) noexcept;
        extern "C" double scalbn(double, int) noexcept;
        extern "C" float scalbnf(float, int) noexcept;
        extern "C" double frexp(double, int *) noexcept;
        extern "C" float frexpf(float, int *) noexcept;
        extern "C" double modf(double, double *) noexcept;
        extern "C" float modff(float, float *) noexcept;
        extern "C" void sincos(double, double *, double *) noexcept;
        extern "C" void sincosf(float, float *, float *) noexcept;
        extern "C" void *memcpy(void *, const void *, size_t) noexcept;
        extern "C" void *memset(void *, int, size_t) noexcept;
        STEWARD_INLINE float fma(float a, float b, float c) { return fmaf(a, b, c); }
        STEWARD_INLINE float ldexp(float x, int e) { return ldexpf(x, e); }
        STEWARD_INLINE float modf(float x, float *whole) { return modff(x, whole); }
        STEWARD_INLINE float frexp(float x, int *e) { return frexpf(x, e); }
        STEWARD_INLINE void sincos(float x, float *s, float *c) { sincosf(x, s, c); }
        STEWARD_INLINE int abs(int x) { return __builtin_abs(x); }
        STEWARD_INLINE long abs(long x) { return __builtin_labs(x); }
        STEWARD_INLINE long long abs(long long x) { return __builtin_llabs(x); }
        STEWARD_INLINE float abs(float x) { return __builtin_fabsf(x); }
        STEWARD_INLINE double abs(double x) { return __builtin_fabs(x); }
        STEWARD_INLINE long labs(long x) { return __builtin_labs(x); }
        STEWARD_INLINE long long llabs(long long x) { return __builtin_llabs(x); }
        #define STEWARD_TEST(name)                                                                                \
            STEWARD_INLINE bool name(float x) { return __builtin_##name(x); }                                     \
            STEWARD_INLINE bool name(double x) { return __builtin_##name(x); }
        STEWARD_TEST(isnan) STEWARD_TEST(isinf) STEWARD_TEST(isfinite) STEWARD_TEST(signbit)
        template <class A, class B> STEWARD_INLINE auto min(A a, B b) { return b < a ? b : a; }
        template <class A, class B> STEWARD_INLINE auto max(A a, B b) { return a < b ? b : a; }
        STEWARD_INLINE float min(float a, float b) { return fminf(a, b); }
        STEWARD_INLINE float max(float a, float b) { return fmaxf(a, b); }
        STEWARD_INLINE double min(double a, double b) { return fmin(a, b); }
        STEWARD_INLINE double max(double a, double b) { return fmax(a, b); }
        STEWARD_INLINE unsigned umin(unsigned a, unsigned b) { return a < b ? a : b; }
        STEWARD_INLINE unsigned umax(unsigned a, unsigned b) { return a < b ? b : a; }

        STEWARD_INLINE float rsqrtf(float x) { return 1.0f / sqrtf(x); }
        STEWARD_INLINE double rsqrt(double x) { return 1.0 / sqrt(x); }
        STEWARD_INLINE float rsqrt(float x) { return rsqrtf(x); }
        STEWARD_INLINE float rcbrtf(float x) { return 1.0f / cbrtf(x); }
        STEWARD_INLINE double rcbrt(double x) { return 1.0 / cbrt(x); }
        STEWARD_INLINE float exp10f(float x) { return powf(10.0f, x); }
        STEWARD_INLINE double exp10(double x) { return pow(10.0, x); }
        // In quarters of a turn, which is exact, so that a large x and a multiple of a half lose nothing to pi.
        template <class T> STEWARD_INLINE void steward_sincospi(T x, T *s, T *c) {
            T left = fabs(x), turns = left - 2 * rint(left / 2), quarter = rint(2 * turns);
            T angle = (T)((turns - quarter / 2) * CUDART_PI), sine = sin(angle), cosine = cos(angle);
            int place = quarter == quarter ? (int)quarter & 3 : 0;
            T up = place == 0 ? sine : place == 1 ? cosine : place == 2 ? 0 - sine : 0 - cosine;
            *s = signbit(x) ? -up : up;
            *c = place == 0 ? cosine : place == 1 ? 0 - sine : place == 2 ? 0 - cosine : sine;
        }
        STEWARD_INLINE void sincospif(float x, float *s, float *c) { steward_sincospi(x, s, c); }
        STEWARD_INLINE void sincospi(double x, double *s, double *c) { steward_sincospi(x, s, c); }
        STEWARD_INLINE float sinpif(float x) {
            float s, c;
            sincospif(x, &s, &c);
            return s;
        }
        STEWARD_INLINE double sinpi(double x) {
            double s, c;
            sincospi(x, &s, &c);
            return s;
        }
        STEWARD_INLINE float cospif(float x) {
            float s, c;
            sincospif(x, &s, &c);
            return c;
        }
        STEWARD_INLINE double cospi(double x) {
            double s, c;
            sincospi(x, &s, &c);
            return c;
        }
        STEWARD_INLINE float rhypotf(float x, float y) { return 1.0f / hypotf(x, y); }
        STEWARD_INLINE float norm3df(float a, float b, float c) { return sqrtf(a * a + b * b + c * c); }
        STEWARD_INLINE float norm4df(float a, float b, float c, float d) { return sqrtf(a * a + b * b + c * c + d * d); }
        STEWARD_INLINE double norm3d(double a, double b, double c) { return sqrt(a * a + b * b + c * c); }
        STEWARD_INLINE float normcdff(float x) { return 0.5f * erfcf(-x * 0.70710678118654752440f); }
        STEWARD_INLINE double normcdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }
        STEWARD_INLINE float fdividef(float a, float b) { return a / b; }
        // For std::sqrt and its like: the headers that declare them are left out.
        namespace std {
        typedef __SIZE_TYPE__ size_t;
        typedef __PTRDIFF_TYPE__ ptrdiff_t;
        using ::int8_t, ::int16_t, ::int32_t, ::int64_t, ::uint8_t, ::uint16_t, ::uint32_t, ::uint64_t, ::intptr_t, ::uintptr_t;
        using ::sqrt, ::cbrt, ::exp, ::exp2, ::expm1, ::log, ::log2, ::log10, ::log1p, ::sin, ::cos, ::tan, ::asin, ::acos;
        using ::atan, ::sinh, ::cosh, ::tanh, ::asinh, ::acosh, ::atanh, ::floor, ::ceil, ::trunc, ::round, ::rint;
        using ::nearbyint, ::fabs, ::erf, ::erfc, ::tgamma, ::lgamma, ::pow, ::fmod, ::atan2, ::hypot, ::fmin, ::fmax;
        using ::copysign, ::fdim, ::remainder, ::nextafter, ::fma, ::ldexp, ::frexp, ::modf, ::lround, ::llround, ::lrint;
        using ::abs, ::isnan, ::isinf, ::isfinite, ::signbit, ::min, ::max, ::memcpy, ::memset;
        }
        """#

    /// Intrinsics on numbers. Those that CUDA computes roughly are exact here.
    static let intrinsics = #"""
        STEWARD_INLINE float __expf(float x) { return expf(x); }
        STEWARD_INLINE float __exp10f(float x) { return exp10f(x); }
        STEWARD_INLINE float __logf(float x) { return logf(x); }
        STEWARD_INLINE float __log2f(float x) { return log2f(x); }
        STEWARD_INLINE float __log10f(float x) { return log10f(x); }
        STEWARD_INLINE float __sinf(float x) { return sinf(x); }
        STEWARD_INLINE float __cosf(float x) { return cosf(x); }
        STEWARD_INLINE float __tanf(float x) { return tanf(x); }
        STEWARD_INLINE float __powf(float x, float y) { return powf(x, y); }
        STEWARD_INLINE void __sincosf(float x, float *s, float *c) { sincosf(x, s, c); }
        STEWARD_INLINE float __fdividef(float a, float b) { return a / b; }
        STEWARD_INLINE float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }
        // Never contracted into a multiply-add: CUDA C++ Programming Guide, "Intrinsic Functions".
        #if defined(__clang__)
        #define STEWARD_APART(T, name, operation)                                                                 \
            STEWARD_INLINE T name(T a, T b) {                                                                     \
                _Pragma("clang fp contract(off)") return a operation b;                                           \
            }
        #else
        #define STEWARD_APART(T, name, operation)                                                                 \
            STEWARD_INLINE T name(T a, T b) {                                                                     \
                T c = a operation b;                                                                              \
                __asm__("" : "+g"(c));                                                                            \
                return c;                                                                                         \
            }
        #endif
        STEWARD_APART(float, __fadd_rn, +) STEWARD_APART(float, __fsub_rn, -) STEWARD_APART(float, __fmul_rn, *)
        STEWARD_APART(double, __dadd_rn, +) STEWARD_APART(double, __dsub_rn, -) STEWARD_APART(double, __dmul_rn, *)
        STEWARD_INLINE float __fdiv_rn(float a, float b) { return a / b; }
        STEWARD_INLINE float __frcp_rn(float a) { return 1.0f / a; }
        STEWARD_INLINE float __fsqrt_rn(float a) { return sqrtf(a); }
        STEWARD_INLINE float __frsqrt_rn(float a) { return rsqrtf(a); }
        STEWARD_INLINE float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
        STEWARD_INLINE double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
        STEWARD_INLINE double __ddiv_rn(double a, double b) { return a / b; }
        STEWARD_INLINE double __dsqrt_rn(double a) { return sqrt(a); }
        STEWARD_INLINE double __drcp_rn(double a) { return 1.0 / a; }

        STEWARD_INLINE int __mul24(int a, int b) { return (a << 8 >> 8) * (b << 8 >> 8); }
        STEWARD_INLINE unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffff) * (b & 0xffffff); }
        STEWARD_INLINE int __mulhi(int a, int b) { return (int)((long long)a * b >> 32); }
        STEWARD_INLINE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
        STEWARD_INLINE long long __mul64hi(long long a, long long b) { return (long long)((__int128)a * b >> 64); }
        STEWARD_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
            return (unsigned long long)((unsigned __int128)a * b >> 64);
        }
        STEWARD_INLINE int __popc(unsigned x) { return __builtin_popcount(x); }
        STEWARD_INLINE int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
        STEWARD_INLINE int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned)x); }
        STEWARD_INLINE int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
        STEWARD_INLINE int __ffs(int x) { return __builtin_ffs(x); }
        STEWARD_INLINE int __ffsll(long long x) { return __builtin_ffsll(x); }
        STEWARD_INLINE unsigned __brev(unsigned x) {
            x = __builtin_bswap32(x);
            x = (x & 0x0f0f0f0fu) << 4 | (x >> 4 & 0x0f0f0f0fu);
            x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
            return (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
        }
        STEWARD_INLINE unsigned long long __brevll(unsigned long long x) {
            return (unsigned long long)__brev((unsigned)x) << 32 | __brev((unsigned)(x >> 32));
        }
        STEWARD_INLINE unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
            unsigned long long both = (unsigned long long)b << 32 | a;
            unsigned result = 0;
            for (int i = 0; i < 4; i++) {
                unsigned pick = selector >> 4 * i & 0xf, byte = (unsigned)(both >> 8 * (pick & 7)) & 0xff;
                if (pick & 8) byte = byte & 0x80 ? 0xff : 0;
                result |= byte << 8 * i;
            }
            return result;
        }
        STEWARD_INLINE unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
            return (unsigned)(((unsigned long long)high << 32 | low) << (shift & 31) >> 32);
        }
        STEWARD_INLINE unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
            return (unsigned)(((unsigned long long)high << 32 | low) >> (shift & 31));
        }
        STEWARD_INLINE unsigned __sad(int a, int b, unsigned c) {
            return (a > b ? (unsigned)a - (unsigned)b : (unsigned)b - (unsigned)a) + c;
        }
        STEWARD_INLINE unsigned __usad(unsigned a, unsigned b, unsigned c) { return (a > b ? a - b : b - a) + c; }
        STEWARD_INLINE int __hadd(int a, int b) { return (int)(((long long)a + b) >> 1); }
        STEWARD_INLINE int __rhadd(int a, int b) { return (int)(((long long)a + b + 1) >> 1); }
        STEWARD_INLINE int __dp4a(int a, int b, int c) {
            for (int i = 0; i < 4; i++) c += (int)(signed char)(a >> 8 * i) * (int)(signed char)(b >> 8 * i);
            return c;
        }
        STEWARD_INLINE unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
            for (int i = 0; i < 4; i++) c += (a >> 8 * i & 0xff) * (b >> 8 * i & 0xff);
            return c;
        }
        STEWARD_INLINE int __dp4a(char4 a, char4 b, int c) { return c + a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }
        STEWARD_INLINE unsigned __dp4a(uchar4 a, uchar4 b, unsigned c) {
            return c + (unsigned)(a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w);
        }
        template <class To, class From> STEWARD_INLINE To steward_bits(From from) {
            static_assert(sizeof(To) == sizeof(From), "the same size");
            To to;
            __builtin_memcpy(&to, &from, sizeof to);
            return to;
        }
        STEWARD_INLINE int __float_as_int(float x) { return steward_bits<int>(x); }
        STEWARD_INLINE unsigned __float_as_uint(float x) { return steward_bits<unsigned>(x); }
        STEWARD_INLINE float __int_as_float(int x) { return steward_bits<float>(x); }
        STEWARD_INLINE float __uint_as_float(unsigned x) { return steward_bits<float>(x); }
        STEWARD_INLINE long long __double_as_longlong(double x) { return steward_bits<long long>(x); }
        STEWARD_INLINE double __longlong_as_double(long long x) { return steward_bits<double>(x); }
        STEWARD_INLINE int __double2hiint(double x) { return (int)(__double_as_longlong(x) >> 32); }
        STEWARD_INLINE int __double2loint(double x) { return (int)__double_as_longlong(x); }
        STEWARD_INLINE double __hiloint2double(int high, int low) {
            return __longlong_as_double((long long)((unsigned long long)(unsigned)high << 32 | (unsigned)low));
        }
        // Conversions saturate, and NaN becomes 0, as on the device.
        template <class To, class From> STEWARD_INLINE To steward_saturated(From x, From low, From high, To least, To most) {
            return x != x ? To(0) : x <= low ? least : x >= high ? most : (To)x;
        }
        #define STEWARD_CONVERT(name, T, From, low, high, least, most)                                            \
            STEWARD_INLINE T name##_rz(From x) { return steward_saturated<T, From>(x, low, high, least, most); }  \
            STEWARD_INLINE T name##_rn(From x) { return name##_rz(rint(x)); }                                     \
            STEWARD_INLINE T name##_ru(From x) { return name##_rz(ceil(x)); }                                     \
            STEWARD_INLINE T name##_rd(From x) { return name##_rz(floor(x)); }
        STEWARD_CONVERT(__float2int, int, float, -2147483648.0f, 2147483648.0f, INT_MIN, INT_MAX)
        STEWARD_CONVERT(__float2uint, unsigned, float, 0.0f, 4294967296.0f, 0u, UINT_MAX)
        STEWARD_CONVERT(__double2int, int, double, -2147483648.0, 2147483647.0, INT_MIN, INT_MAX)
        STEWARD_CONVERT(__double2uint, unsigned, double, 0.0, 4294967295.0, 0u, UINT_MAX)
        STEWARD_CONVERT(__float2ll, long long, float, -9223372036854775808.0f, 9223372036854775808.0f, LLONG_MIN, LLONG_MAX)
        STEWARD_CONVERT(__double2ll, long long, double, -9223372036854775808.0, 9223372036854775808.0, LLONG_MIN, LLONG_MAX)
        STEWARD_INLINE float __int2float_rn(int x) { return (float)x; }
        STEWARD_INLINE float __uint2float_rn(unsigned x) { return (float)x; }
        STEWARD_INLINE double __int2double_rn(int x) { return (double)x; }
        STEWARD_INLINE float __ll2float_rn(long long x) { return (float)x; }
        STEWARD_INLINE float __double2float_rn(double x) { return (float)x; }
        template <class T> STEWARD_CALLED T __ldg(const T *p) { return *p; }
        template <class T> STEWARD_CALLED T __ldcg(const T *p) { return *p; }
        template <class T> STEWARD_CALLED T __ldca(const T *p) { return *p; }
        template <class T> STEWARD_CALLED T __ldcs(const T *p) { return *p; }
        template <class T> STEWARD_CALLED void __stcg(T *p, T value) { *p = value; }
        template <class T> STEWARD_CALLED void __stcs(T *p, T value) { *p = value; }
        """#
}
