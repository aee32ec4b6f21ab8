#include "compute_products.h"

#include "compute_parallel.h"
#include "product.h"

// Multiplications from which a second thread brings more than it costs, and from which OpenBLAS, where it is used, is
// not behind our own kernels.
enum { worth_threads = 64 * 64 * 64, worth_openblas = 192 * 192 * 192 };

void steward_multiply_plainly(const struct product *p) {
    for (ptrdiff_t i = 0; i < p->m; i++)
        for (ptrdiff_t j = 0; j < p->n; j++) {
            float sum = 0, *cell = p->c + i * p->ldc + j;
            for (ptrdiff_t l = 0; l < p->k; l++)
                sum += (p->transpose_a ? p->a[l * p->lda + i] : p->a[i * p->lda + l]) *
                       (p->transpose_b ? p->b[j * p->ldb + l] : p->b[l * p->ldb + j]);
            *cell = p->alpha * sum + (p->beta == 0 ? 0 : p->beta * *cell);
        }
}

static void scale(const struct product *p) {
    for (ptrdiff_t i = 0; i < p->m; i++)
        for (ptrdiff_t j = 0; j < p->n; j++) {
            float *cell = p->c + i * p->ldc + j;
            *cell = p->beta == 0 ? 0 : p->beta * *cell;
        }
}

void steward_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, float alpha,
                   const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float beta, float *c, ptrdiff_t ldc) {
    if (m <= 0 || n <= 0) return;
    const struct steward_choice *choice = steward_choice();
    double multiplications = (double)m * (double)n * (double)k;
    struct product product = {
        .kernels = choice->kernels, .transpose_a = transpose_a, .transpose_b = transpose_b, .m = m, .n = n, .k = k,
        .lda = lda, .ldb = ldb, .ldc = ldc, .alpha = alpha, .beta = beta, .a = a, .b = b, .c = c,
        .threads = multiplications < worth_threads ? 1 : steward_threads(),
    };
    if (k <= 0 || alpha == 0) return scale(&product);
    if ((m == 1 || n == 1) && steward_multiply_vector(&product)) return;
    steward_multiply_split(&product, multiplications >= worth_openblas && choice->sgemm ? choice : NULL);
}

struct batch {
    int transpose_a, transpose_b;
    ptrdiff_t count, m, n, k, lda, ldb, ldc, stride_a, stride_b, stride_c, share;
    float alpha, beta;
    const float *a, *b;
    float *c;
};

static void multiply_share(void *context, int share) {
    const struct batch *p = context;
    ptrdiff_t end = smaller((share + 1) * p->share, p->count);
    for (ptrdiff_t i = share * p->share; i < end; i++)
        steward_sgemm(p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->alpha, p->a + i * p->stride_a, p->lda,
                      p->b + i * p->stride_b, p->ldb, p->beta, p->c + i * p->stride_c, p->ldc);
}

void steward_sgemm_batch(ptrdiff_t batch, int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                         float alpha, const float *a, ptrdiff_t lda, ptrdiff_t stride_a, const float *b, ptrdiff_t ldb,
                         ptrdiff_t stride_b, float beta, float *c, ptrdiff_t ldc, ptrdiff_t stride_c) {
    struct batch whole = {
        .transpose_a = transpose_a, .transpose_b = transpose_b, .count = batch, .m = m, .n = n, .k = k, .lda = lda,
        .ldb = ldb, .ldc = ldc, .stride_a = stride_a, .stride_b = stride_b, .stride_c = stride_c, .alpha = alpha,
        .beta = beta, .a = a, .b = b, .c = c,
    };
    ptrdiff_t threads = steward_threads();
    double multiplications = (double)batch * (double)m * (double)n * (double)k;
    // Few large products share the threads one by one.
    whole.share = batch < threads || multiplications < worth_threads ? batch : parts(batch, 4 * threads);
    if (batch > 0 && whole.share == batch)
        multiply_share(&whole, 0);
    else if (batch > 0)
        steward_parallel((int)parts(batch, whole.share), multiply_share, &whole);
}
