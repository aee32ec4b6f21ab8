// Products against sums in double precision, around the edges of every tile.
#include "host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute_measure.h"
#include "compute_parallel.h"
#include "compute_products.h"

struct sample {
    int transpose_a, transpose_b;
    ptrdiff_t m, n, k, gap;
    float alpha, beta;
};

static const float untouched = 77;

// Rows with a gap of `filler` after each.
static float *matrix(struct numbers *numbers, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t gap, float filler, int blank) {
    ptrdiff_t pitch = columns + gap;
    float *cells = malloc((size_t)(rows * pitch + 1) * sizeof *cells);
    for (ptrdiff_t i = 0; i < rows * pitch; i++)
        cells[i] = i % pitch >= columns ? filler : blank ? NAN : next_number(numbers);
    return cells;
}

static void compare(const struct sample *s, const float *a, const float *b, const float *before, const float *c) {
    ptrdiff_t lda = (s->transpose_a ? s->m : s->k) + s->gap, ldb = (s->transpose_b ? s->k : s->n) + s->gap;
    ptrdiff_t ldc = s->n + s->gap;
    for (ptrdiff_t i = 0; i < s->m; i++) {
        for (ptrdiff_t j = 0; j < s->n; j++) {
            double sum = 0, size = 0;
            for (ptrdiff_t l = 0; l < s->k; l++) {
                double term = (double)(s->transpose_a ? a[l * lda + i] : a[i * lda + l]) *
                              (double)(s->transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
                sum += term;
                size += fabs(term);
            }
            double old = s->beta == 0 ? 0 : (double)s->beta * (double)before[i * ldc + j];
            double expected = (double)s->alpha * sum + old, found = (double)c[i * ldc + j];
            double allowed = 1e-6 * (fabs((double)s->alpha) * size + fabs(old)) + 1e-9;
            EXPECT(fabs(found - expected) <= allowed, "%s, %tdx%tdx%td t%d%d a%g b%g: (%td, %td) is %g, not %g",
                   steward_products_name(), s->m, s->n, s->k, s->transpose_a, s->transpose_b, (double)s->alpha,
                   (double)s->beta, i, j, found, expected);
        }
        for (ptrdiff_t j = s->n; j < ldc; j++)
            EXPECT(c[i * ldc + j] == untouched, "%tdx%tdx%td: written past row %td", s->m, s->n, s->k, i);
    }
}

static void try_product(struct sample s) {
    struct numbers numbers = {(unsigned)((s.m * 131 + s.n) * 131 + s.k)};
    ptrdiff_t lda = (s.transpose_a ? s.m : s.k) + s.gap, ldb = (s.transpose_b ? s.k : s.n) + s.gap, ldc = s.n + s.gap;
    float *a = matrix(&numbers, s.transpose_a ? s.k : s.m, lda - s.gap, s.gap, NAN, 0);
    float *b = matrix(&numbers, s.transpose_b ? s.n : s.k, ldb - s.gap, s.gap, NAN, 0);
    float *before = matrix(&numbers, s.m, s.n, s.gap, untouched, s.beta == 0);
    size_t bytes = (size_t)(s.m * ldc) * sizeof(float);
    float *c = malloc(bytes);
    memcpy(c, before, bytes);
    steward_sgemm(s.transpose_a, s.transpose_b, s.m, s.n, s.k, s.alpha, a, lda, b, ldb, s.beta, c, ldc);
    compare(&s, a, b, before, c);
    free(a), free(b), free(before), free(c);
}

static void try_everything(void) {
    static const float factors[][2] = {{1, 0}, {0.5f, 1}, {-2, -0.7f}, {1, 1}};
    static const ptrdiff_t depths[] = {1, 2, 3, 4, 5, 7, 16, 19};
    // Each size of a tile with each of the four transpositions, and both sides of its edges.
    for (ptrdiff_t m = 1; m <= 17; m++)
        for (ptrdiff_t n = 1; n <= 26; n++)
            for (int kind = 0; kind < 4; kind++) {
                const float *factor = factors[(m + 3 * n + kind) % 4];
                try_product((struct sample){kind & 1, kind >> 1, m, n, depths[(m * 5 + n + kind) % 8], (m + n) % 3,
                                            factor[0], factor[1]});
            }
    static const ptrdiff_t large[][3] = {{37, 41, 811}, {2069, 3, 5}, {3, 4127, 5}, {101, 103, 107}, {1, 523, 291},
                                         {523, 1, 291}, {1, 1, 97},   {19, 37, 0},  {130, 96, 64}};
    for (unsigned index = 0; index < sizeof large / sizeof *large; index++)
        for (int kind = 0; kind < 4; kind++)
            try_product((struct sample){kind & 1, kind >> 1, large[index][0], large[index][1], large[index][2], 1, 0.5f,
                                        kind % 2 ? -0.7f : 0});
    for (int kind = 0; kind < 4; kind++) try_product((struct sample){kind & 1, kind >> 1, 9, 13, 6, 2, 0, 0.5f});
}

static void try_threads(void) {
    enum { m = 131, n = 113, k = 97 };
    struct numbers numbers = {5};
    float *a = matrix(&numbers, m, k, 0, 0, 0), *b = matrix(&numbers, k, n, 0, 0, 0);
    static float alone[m * n], shared[m * n];
    for (int threads = 1; threads <= 5; threads++) {
        steward_set_threads(threads);
        steward_sgemm(0, 0, m, n, k, 1, a, k, b, n, 0, threads == 1 ? alone : shared, n);
        EXPECT(threads == 1 || memcmp(alone, shared, sizeof alone) == 0, "%d threads give other bits", threads);
    }
    free(a), free(b);
}

static void try_batch(void) {
    enum { batch = 40, m = 9, n = 14, k = 11 };
    struct numbers numbers = {11};
    float *a = matrix(&numbers, batch * m, k, 0, 0, 0), *b = matrix(&numbers, batch * n, k, 0, 0, 0);
    static float all[batch * m * n], single[m * n];
    steward_sgemm_batch(batch, 0, 1, m, n, k, 1, a, k, m * k, b, k, n * k, 0, all, n, m * n);
    for (int i = 0; i < batch; i++) {
        steward_sgemm(0, 1, m, n, k, 1, a + i * m * k, k, b + i * n * k, k, 0, single, n);
        EXPECT(memcmp(all + i * m * n, single, sizeof single) == 0, "product %d of the batch", i);
    }
    free(a), free(b);
}

static void try_measures(void) {
    float a[1003], b[1003], c[1003];
    struct numbers numbers = {3};
    for (int i = 0; i < 1003; i++) b[i] = next_number(&numbers), c[i] = next_number(&numbers);
    steward_triad(a, b, c, 3, 1003);
    steward_saxpy(b, c, 2, 1003);
    for (int i = 0; i < 1003; i++)
        EXPECT(fabsf(a[i] - c[i] - b[i]) < 1e-5f, "cell %d: %g and %g", i, (double)a[i], (double)b[i]);
    EXPECT(steward_multiply_adds(100) >= 100, "no multiply-adds");
}

void test_products(void) {
    static const char *const words[] = {"neon", "avx512", "avx2", "portable"};
    int tried = 0;
    for (unsigned index = 0; index < sizeof words / sizeof *words; index++) {
        if (!steward_products_choose(words[index])) {
            EXPECT(strstr(steward_products_reason(), "This processor has no"), "%s", steward_products_reason());
            continue;
        }
        tried++;
        steward_set_threads(1 + index % 3);
        try_everything();
        try_threads();
        try_batch();
    }
    EXPECT(tried >= 2, "only %d kinds of kernels", tried);
    steward_set_threads(3);
    try_measures();
}
