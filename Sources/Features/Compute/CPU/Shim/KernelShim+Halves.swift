extension KernelShim {
    /// 16-bit floats: stored as bits, computed in fp32.
    static let halves = #"""
        STEWARD_INLINE unsigned short steward_half_bits(float x) {
            // Round to nearest even, subnormals and overflow included (IEEE 754, binary16).
            unsigned bits = steward_bits<unsigned>(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
            if (magnitude > 0x7f800000) return (unsigned short)(sign | 0x7e00);
            if (magnitude >= 0x477ff000) return (unsigned short)(sign | 0x7c00);
            if (magnitude < 0x38800000) {
                float small = steward_bits<float>(magnitude) + 0.5f;
                return (unsigned short)(sign | (steward_bits<unsigned>(small) - 0x3f000000));
            }
            return (unsigned short)(sign | ((magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13));
        }
        STEWARD_INLINE float steward_half_value(unsigned short bits) {
            unsigned magnitude = (unsigned)(bits & 0x7fff) << 13, sign = (unsigned)(bits & 0x8000) << 16;
            float value = steward_bits<float>(magnitude) * steward_bits<float>(0x77800000u);
            if (magnitude >= 0x0f800000) value = steward_bits<float>(magnitude | 0x7f800000u);
            return steward_bits<float>(steward_bits<unsigned>(value) | sign);
        }
        STEWARD_INLINE unsigned short steward_brain_bits(float x) {
            unsigned bits = steward_bits<unsigned>(x);
            if (x != x) return 0x7fff;
            return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        }
        STEWARD_INLINE float steward_brain_value(unsigned short bits) { return steward_bits<float>((unsigned)bits << 16); }
        #define STEWARD_NARROW(T, pair, to, from)                                                                 \
            struct T {                                                                                            \
                unsigned short bits;                                                                              \
                T() = default;                                                                                    \
                STEWARD_MEMBER T(float x) : bits(to(x)) {}                                                        \
                STEWARD_MEMBER T(double x) : bits(to((float)x)) {}                                                \
                STEWARD_MEMBER explicit T(int x) : bits(to((float)x)) {}                                          \
                STEWARD_MEMBER operator float() const { return from(bits); }                                      \
                STEWARD_MEMBER T &operator+=(T y) { return *this = T(from(bits) + from(y.bits)); }                \
                STEWARD_MEMBER T &operator-=(T y) { return *this = T(from(bits) - from(y.bits)); }                \
                STEWARD_MEMBER T &operator*=(T y) { return *this = T(from(bits) * from(y.bits)); }                \
                STEWARD_MEMBER T &operator/=(T y) { return *this = T(from(bits) / from(y.bits)); }                \
            };                                                                                                    \
            STEWARD_INLINE T operator+(T a, T b) { return T((float)a + (float)b); }                               \
            STEWARD_INLINE T operator-(T a, T b) { return T((float)a - (float)b); }                               \
            STEWARD_INLINE T operator*(T a, T b) { return T((float)a * (float)b); }                               \
            STEWARD_INLINE T operator/(T a, T b) { return T((float)a / (float)b); }                               \
            STEWARD_INLINE T operator-(T a) { return T(-(float)a); }                                              \
            STEWARD_INLINE bool operator<(T a, T b) { return (float)a < (float)b; }                               \
            STEWARD_INLINE bool operator>(T a, T b) { return (float)a > (float)b; }                               \
            STEWARD_INLINE bool operator<=(T a, T b) { return (float)a <= (float)b; }                             \
            STEWARD_INLINE bool operator>=(T a, T b) { return (float)a >= (float)b; }                             \
            STEWARD_INLINE bool operator==(T a, T b) { return (float)a == (float)b; }                             \
            STEWARD_INLINE bool operator!=(T a, T b) { return (float)a != (float)b; }                             \
            STEWARD_INLINE T __hadd(T a, T b) { return a + b; }                                                   \
            STEWARD_INLINE T __hsub(T a, T b) { return a - b; }                                                   \
            STEWARD_INLINE T __hmul(T a, T b) { return a * b; }                                                   \
            STEWARD_INLINE T __hdiv(T a, T b) { return a / b; }                                                   \
            STEWARD_INLINE T __hneg(T a) { return -a; }                                                           \
            STEWARD_INLINE T __hfma(T a, T b, T c) { return T(fmaf((float)a, (float)b, (float)c)); }              \
            STEWARD_INLINE T __hmax(T a, T b) { return T(fmaxf((float)a, (float)b)); }                            \
            STEWARD_INLINE T __hmin(T a, T b) { return T(fminf((float)a, (float)b)); }                            \
            struct __align__(4) pair { T x, y; };
        #define STEWARD_MEMBER __attribute__((always_inline)) inline
        STEWARD_NARROW(__half, __half2, steward_half_bits, steward_half_value)
        STEWARD_NARROW(__nv_bfloat16, __nv_bfloat162, steward_brain_bits, steward_brain_value)
        typedef __half half;
        typedef __half2 half2;
        typedef __nv_bfloat16 nv_bfloat16;
        typedef __nv_bfloat162 nv_bfloat162;
        STEWARD_INLINE __half __float2half(float x) { return __half(x); }
        STEWARD_INLINE __half __float2half_rn(float x) { return __half(x); }
        STEWARD_INLINE float __half2float(__half x) { return (float)x; }
        STEWARD_INLINE __half __ushort_as_half(unsigned short bits) { return steward_bits<__half>(bits); }
        STEWARD_INLINE unsigned short __half_as_ushort(__half x) { return x.bits; }
        STEWARD_INLINE __half2 __floats2half2_rn(float x, float y) { return __half2{__half(x), __half(y)}; }
        STEWARD_INLINE __half2 __halves2half2(__half x, __half y) { return __half2{x, y}; }
        STEWARD_INLINE __half2 __float2half2_rn(float x) { return __half2{__half(x), __half(x)}; }
        STEWARD_INLINE float2 __half22float2(__half2 x) { return float2{(float)x.x, (float)x.y}; }
        STEWARD_INLINE float __low2float(__half2 x) { return (float)x.x; }
        STEWARD_INLINE float __high2float(__half2 x) { return (float)x.y; }
        STEWARD_INLINE __half2 __hadd2(__half2 a, __half2 b) { return __half2{a.x + b.x, a.y + b.y}; }
        STEWARD_INLINE __half2 __hmul2(__half2 a, __half2 b) { return __half2{a.x * b.x, a.y * b.y}; }
        STEWARD_INLINE __half2 __hfma2(__half2 a, __half2 b, __half2 c) {
            return __half2{__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)};
        }
        STEWARD_INLINE __nv_bfloat16 __float2bfloat16(float x) { return __nv_bfloat16(x); }
        STEWARD_INLINE __nv_bfloat16 __float2bfloat16_rn(float x) { return __nv_bfloat16(x); }
        STEWARD_INLINE float __bfloat162float(__nv_bfloat16 x) { return (float)x; }
        STEWARD_INLINE __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
            return __nv_bfloat162{__nv_bfloat16(x), __nv_bfloat16(y)};
        }
        STEWARD_INLINE float2 __bfloat1622float2(__nv_bfloat162 x) { return float2{(float)x.x, (float)x.y}; }
        """#
}
