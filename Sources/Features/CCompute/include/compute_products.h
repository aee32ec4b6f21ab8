#ifndef STEWARD_COMPUTE_PRODUCTS_H
#define STEWARD_COMPUTE_PRODUCTS_H

#include <stddef.h>

/// C = alpha * op(A) * op(B) + beta * C with row-major fp32 matrices: op(A) is m x k, op(B) k x n, C m x n;
/// lda, ldb, ldc are the cells from one row (of the matrix as it is stored) to the next. With beta 0, C is not read.
/// By OpenBLAS where it was found and is wanted, else by the micro-kernels for this processor; on steward_threads()
/// threads.
void steward_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, float alpha,
                   const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float beta, float *c, ptrdiff_t ldc);

#endif
