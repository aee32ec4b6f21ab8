#ifndef STEWARD_COMPUTE_MEASURE_H
#define STEWARD_COMPUTE_MEASURE_H

#include <stddef.h>

/// The widest SIMD extension that the processor has and the kernels use: "AVX-512", "AVX2", "NEON", "portable".
const char *steward_simd(void);

/// Multiply-adds in registers, with the widest SIMD there is, on all of steward_threads(): `rounds` rounds a thread.
/// Returns how many floating-point operations that were.
double steward_multiply_adds(ptrdiff_t rounds);

/// a = b + scale * c for `count` floats on steward_threads() threads (the triad of STREAM).
void steward_triad(float *a, const float *b, const float *c, float scale, ptrdiff_t count);

/// y = scale * x + y for `count` floats on steward_threads() threads.
void steward_saxpy(float *y, const float *x, float scale, ptrdiff_t count);

#endif
