#ifndef STEWARD_COMPUTE_KERNELS_H
#define STEWARD_COMPUTE_KERNELS_H

#include <stddef.h>

/// C = alpha * A * B + beta * C for one tile of at most the kernel's rows x columns. A's step l lies at a + l * a_step
/// (its rows side by side), B's at b + l * b_step; the last vector of a row of B is read whole where columns do not
/// fill it, so B must be padded there. C is not read with beta 0.
typedef void steward_tile(ptrdiff_t k, const float *a, ptrdiff_t a_step, const float *b, ptrdiff_t b_step, float *c,
                          ptrdiff_t ldc, int columns, float alpha, float beta);

/// y[i * y_step] = alpha * (row i of the matrix . x) + beta * y[i * y_step], for rows of k cells that lie ld apart.
typedef void steward_dots(ptrdiff_t rows, ptrdiff_t k, const float *matrix, ptrdiff_t ld, const float *x, float alpha,
                          float beta, float *y, ptrdiff_t y_step);

/// What products are computed with on one kind of processor.
struct steward_kernels {
    const char *name;
    int rows, columns, width;
    /// Steps of k that are done in one go, so that a panel of B stays in the first cache; rows of A that are packed
    /// together, so that they stay in the second.
    int depth, height;
    /// For 1...rows rows, and 1...(columns / width) vectors: tiles[(rows - 1) * (columns / width) + vectors - 1].
    steward_tile *const *tiles;
    int (*available)(void);
    /// One row times as many columns as registers hold sums for.
    steward_tile *row;
    int row_columns;
    steward_dots *dots;
    /// Independent chains of multiply-adds in registers; chain_operations floating-point operations a round.
    float (*chains)(ptrdiff_t rounds);
    double chain_operations;
};

extern const struct steward_kernels steward_kernels_avx512, steward_kernels_avx2, steward_kernels_neon,
    steward_kernels_portable;

/// The best that this processor has.
const struct steward_kernels *steward_processor_kernels(void);

#endif
