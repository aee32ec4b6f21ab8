#include "compute_products.h"

#include "compute_parallel.h"

struct product {
    int transpose_a, transpose_b;
    ptrdiff_t n, k, lda, ldb, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
};

static void one_row(void *context, int row) {
    const struct product *p = context;
    float *c = p->c + row * p->ldc;
    for (ptrdiff_t j = 0; j < p->n; j++) c[j] = p->beta == 0 ? 0 : p->beta * c[j];
    for (ptrdiff_t l = 0; l < p->k; l++) {
        float a = p->alpha * (p->transpose_a ? p->a[l * p->lda + row] : p->a[row * p->lda + l]);
        for (ptrdiff_t j = 0; j < p->n; j++) c[j] += a * (p->transpose_b ? p->b[j * p->ldb + l] : p->b[l * p->ldb + j]);
    }
}

void steward_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, float alpha,
                   const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float beta, float *c, ptrdiff_t ldc) {
    struct product product = {transpose_a, transpose_b, n, k, lda, ldb, ldc, alpha, beta, a, b, c};
    steward_parallel((int)m, one_row, &product);
}
