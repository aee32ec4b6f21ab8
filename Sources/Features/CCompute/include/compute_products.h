#ifndef STEWARD_COMPUTE_PRODUCTS_H
#define STEWARD_COMPUTE_PRODUCTS_H

#include <stddef.h>

/// C = alpha * op(A) * op(B) + beta * C with row-major fp32 matrices: op(A) is m x k, op(B) k x n, C m x n;
/// lda, ldb, ldc are the cells from one row (of the matrix as it is stored) to the next. With beta 0, C is not read.
/// By what steward_products_name() says; on steward_threads() threads where it is large enough.
void steward_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, float alpha,
                   const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float beta, float *c, ptrdiff_t ldc);

/// `batch` such products whose matrices lie stride_a, stride_b and stride_c cells apart; the threads share the batch.
void steward_sgemm_batch(ptrdiff_t batch, int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                         float alpha, const float *a, ptrdiff_t lda, ptrdiff_t stride_a, const float *b, ptrdiff_t ldb,
                         ptrdiff_t stride_b, float beta, float *c, ptrdiff_t ldc, ptrdiff_t stride_c);

/// Chooses by what products are computed: "auto" (OpenBLAS where it can be used, for large products; what happens
/// unless the variable STEWARD_BLAS says another of these words), "none" (own kernels), "openblas", the path of
/// an OpenBLAS, or one kind of own kernels: "avx512", "avx2", "neon", "portable". Products that run meanwhile end with
/// what they began with. Returns whether that could be had; else own kernels are used, and steward_products_reason()
/// says why.
int steward_products_choose(const char *which);

/// By what products are computed: "OpenBLAS 0.3.21 (SkylakeX)", "own kernels (AVX-512)".
const char *steward_products_name(void);

/// Why OpenBLAS, or what was asked for, isn't used; NULL where it is.
const char *steward_products_reason(void);

#endif
