#include <limits.h>
#include <pthread.h>

#include "compute_parallel.h"
#include "product.h"

/// A product in down x across parts of C. Each thread packs what its part needs: that costs less than to wait for each
/// other and to read what another core has packed, as long as the parts are large.
struct split {
    const struct product *whole;
    cblas_sgemm_function *sgemm;
    ptrdiff_t down, across;
};

static void call(cblas_sgemm_function *sgemm, const struct product *p) {
    enum { row_major = 101, plain = 111, transposed = 112 };
    sgemm(row_major, p->transpose_a ? transposed : plain, p->transpose_b ? transposed : plain, (int)p->m, (int)p->n,
          (int)p->k, p->alpha, p->a, (int)p->lda, p->b, (int)p->ldb, p->beta, p->c, (int)p->ldc);
}

static void multiply_part(void *context, int number) {
    const struct split *split = context;
    const struct product *whole = split->whole;
    ptrdiff_t rows = round_up(parts(whole->m, split->down), whole->kernels->rows);
    ptrdiff_t columns = round_up(parts(whole->n, split->across), whole->kernels->columns);
    ptrdiff_t row = number / split->across * rows, column = number % split->across * columns;
    if (row >= whole->m || column >= whole->n) return;
    struct product part = *whole;
    part.m = smaller(rows, whole->m - row);
    part.n = smaller(columns, whole->n - column);
    part.a += whole->transpose_a ? row : row * whole->lda;
    part.b += whole->transpose_b ? column * whole->ldb : column;
    part.c += row * whole->ldc + column;
    part.threads = 1;
    if (split->sgemm)
        call(split->sgemm, &part);
    else
        steward_multiply_blocks(&part);
}

/// What a part costs: its multiplications, and its rows of A and columns of B to pack, of which a cell costs about as
/// much as `packing` multiplications.
static double cost(const struct product *p, ptrdiff_t down, ptrdiff_t across) {
    const double packing = 24;
    double rows = (double)round_up(parts(p->m, down), p->kernels->rows);
    double columns = (double)round_up(parts(p->n, across), p->kernels->columns);
    return rows * columns + packing * (rows + columns);
}

static int fits(const struct product *p) {
    return p->m <= INT_MAX && p->n <= INT_MAX && p->k <= INT_MAX && p->lda <= INT_MAX && p->ldb <= INT_MAX &&
           p->ldc <= INT_MAX;
}

/// By the library's own threads, which share what they pack: that pays for large products. Returns 0 for others, and
/// while another caller has those threads.
static int call_threaded(const struct product *p, const struct steward_choice *openblas) {
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    const double large = 512.0 * 512 * 512;
    if (p->threads < 2 || (double)p->m * (double)p->n * (double)p->k < large || steward_is_sharing()) return 0;
    if (pthread_mutex_trylock(&turn) != 0) return 0;
    openblas->set_threads(p->threads);
    call(openblas->sgemm, p);
    openblas->set_threads(1);
    pthread_mutex_unlock(&turn);
    return 1;
}

void steward_multiply_split(const struct product *p, const struct steward_choice *openblas) {
    if (openblas && !fits(p)) openblas = NULL;
    if (openblas && call_threaded(p, openblas)) return;
    struct split split = {.whole = p, .sgemm = openblas ? openblas->sgemm : NULL, .down = 1, .across = 1};
    for (ptrdiff_t down = 1; down <= p->threads; down++) {
        ptrdiff_t across = p->threads / down;
        if (cost(p, down, across) < cost(p, split.down, split.across)) split.down = down, split.across = across;
    }
    steward_parallel((int)(split.down * split.across), multiply_part, &split);
}
