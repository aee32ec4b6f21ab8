// Vectors of LANES floats and their functions, for the instruction set of the file that includes this.
// Without fast-math, so that rounding is the same at every place of an array.

#include <math.h>
#include <string.h>

#include "table.h"

#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define INLINE static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vec all(float value) { return (vec){0} + value; }
INLINE vec load(const float *p) { return *(const loose *)p; }
INLINE void store(float *p, vec v) { *(loose *)p = v; }

/// The first `left` cells, zeros behind them.
INLINE vec get(const float *p, ptrdiff_t left) {
    if (left >= LANES) return load(p);
    vec v = {0};
    memcpy(&v, p, (size_t)left * sizeof(float));
    return v;
}

INLINE void put(float *p, vec v, ptrdiff_t left) {
    if (left >= LANES) {
        store(p, v);
    } else {
        memcpy(p, &v, (size_t)left * sizeof(float));
    }
}

INLINE vec choose(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }
INLINE vec smaller(vec a, vec b) { return choose(a < b, a, b); }

INLINE float sum_of(vec v) {
    float part[LANES];
    memcpy(part, &v, sizeof v);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) part[i] += part[i + width];
    return part[0];
}

INLINE float largest_of(vec v) {
    float largest = v[0];
    for (int i = 1; i < LANES; i++) largest = v[i] > largest ? v[i] : largest;
    return largest;
}

/// e^x within 1 ulp: x = n ln 2 + r, a polynomial for e^r (Cephes), then 2^n in two steps. NaN stays NaN.
INLINE vec vexp(vec x) {
    vec kept = x;
    x = smaller(larger(x, all(-104)), all(89));
    const float rounder = 12582912.0f;
    vec shifted = x * 1.44269504088896341f + rounder;
    ivec n = (ivec)shifted - (ivec)all(rounder);
    vec whole = shifted - rounder;
    vec r = x - whole * 0.693359375f;
    r = r - whole * -2.12194440e-4f;
    vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r;
    p = p + 1.0f;
    ivec half = n >> 1;
    p = p * (vec)((half + 127) << 23) * (vec)((n - half + 127) << 23);
    return choose(kept == kept, p, kept);
}

INLINE vec vabs(vec x) { return (vec)((ivec)x & 0x7fffffff); }
INLINE vec with_sign(vec x, vec sign) { return (vec)((ivec)x | ((ivec)sign & (int32_t)0x80000000)); }

/// tanh x: a polynomial below 0.625 (Cephes), else 1 - 2 / (e^2x + 1).
INLINE vec vtanh(vec x) {
    vec a = vabs(x), z = x * x;
    vec p = z * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * z + -5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z + -3.33332819422e-1f;
    vec near = p * z * x + x;
    vec far = 1.0f - 2.0f / (vexp(a + a) + 1.0f);
    return choose(a < 0.625f, near, with_sign(far, x));
}

/// erf x: an odd polynomial near zero, else 1 - e^(polynomial).
INLINE vec verf(vec x) {
    vec a = vabs(x), z = x * x;
    vec far = a * -1.72853470e-5f + 3.83197126e-4f;
    vec other = a * -3.88396438e-3f + 2.42546219e-2f;
    far = far * z + other;
    far = far * a + -1.06777877e-1f;
    far = far * a + -6.34846687e-1f;
    far = far * a + -1.28717512e-1f;
    far = far * a - a;
    far = with_sign(1.0f - vexp(far), x);
    vec near = z * -5.96761703e-4f + 4.99119423e-3f;
    near = near * z + -2.67681349e-2f;
    near = near * z + 1.12819925e-1f;
    near = near * z + -3.76125336e-1f;
    near = near * z + 1.28379166e-1f;
    near = near * x + x;
    vec clipped = choose(a > 4.0f, with_sign(all(1), x), far);
    return choose(a < 0.927734375f, near, choose(x == x, clipped, x));
}

INLINE vec vsqrt(vec x) { return __builtin_elementwise_sqrt(x); }
