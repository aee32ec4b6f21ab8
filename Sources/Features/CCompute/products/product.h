#ifndef STEWARD_COMPUTE_PRODUCT_H
#define STEWARD_COMPUTE_PRODUCT_H

#include "choice.h"

/// One product: C = alpha * op(A) * op(B) + beta * C.
struct product {
    const struct steward_kernels *kernels;
    int transpose_a, transpose_b;
    ptrdiff_t m, n, k, lda, ldb, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
    int threads;
};

static inline ptrdiff_t smaller(ptrdiff_t x, ptrdiff_t y) { return x < y ? x : y; }
static inline ptrdiff_t parts(ptrdiff_t whole, ptrdiff_t part) { return (whole + part - 1) / part; }
static inline ptrdiff_t round_up(ptrdiff_t whole, ptrdiff_t part) { return parts(whole, part) * part; }

/// By blocks and packed panels, in the caller's thread: any product.
void steward_multiply_blocks(const struct product *product);

/// A matrix times a vector, whose cells lie side by side where that matters. Returns 0 for any other product.
int steward_multiply_vector(const struct product *product);

/// In parts for the product's threads: by OpenBLAS if it is given and takes the sizes, else by blocks.
void steward_multiply_split(const struct product *product, const struct steward_choice *openblas);

/// Without memory for panels: slow.
void steward_multiply_plainly(const struct product *product);

#endif
