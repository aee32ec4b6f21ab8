#include <limits.h>

#include "compute_parallel.h"
#include "product.h"

/// A product that OpenBLAS computes, in parts that the threads share: rows x columns of them.
struct split {
    const struct product *product;
    cblas_sgemm_function *sgemm;
    ptrdiff_t down, across;
};

static void multiply_part(void *context, int part) {
    const struct split *split = context;
    const struct product *p = split->product;
    ptrdiff_t rows = parts(p->m, split->down), columns = parts(p->n, split->across);
    ptrdiff_t row = part / split->across * rows, column = part % split->across * columns;
    if (row >= p->m || column >= p->n) return;
    const float *a = p->a + (p->transpose_a ? row : row * p->lda), *b = p->b + (p->transpose_b ? column * p->ldb : column);
    enum { row_major = 101, plain = 111, transposed = 112 };
    split->sgemm(row_major, p->transpose_a ? transposed : plain, p->transpose_b ? transposed : plain,
                 (int)smaller(rows, p->m - row), (int)smaller(columns, p->n - column), (int)p->k, p->alpha, a,
                 (int)p->lda, b, (int)p->ldb, p->beta, p->c + row * p->ldc + column, (int)p->ldc);
}

static int fits(const struct product *p) {
    return p->m <= INT_MAX && p->n <= INT_MAX && p->k <= INT_MAX && p->lda <= INT_MAX && p->ldb <= INT_MAX &&
           p->ldc <= INT_MAX;
}

int steward_multiply_openblas(const struct product *p, cblas_sgemm_function *sgemm) {
    if (!fits(p)) return 0;
    struct split split = {.product = p, .sgemm = sgemm, .down = 1, .across = 1};
    // Parts as square as can be: each packs its own rows of A and columns of B.
    while (split.down * split.across < p->threads) {
        if (p->m * split.across >= p->n * split.down)
            split.down++;
        else
            split.across++;
    }
    steward_parallel((int)(split.down * split.across), multiply_part, &split);
    return 1;
}
