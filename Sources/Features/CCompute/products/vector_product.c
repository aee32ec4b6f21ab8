#include "compute_parallel.h"
#include "product.h"

/// y = alpha * M x + beta * y (rows of M lie along x) or alpha * x M + beta * y (they lie along y).
struct vector_product {
    const struct steward_kernels *kernels;
    const float *matrix, *x;
    ptrdiff_t k, ld, x_step, y_step, count, part;
    float alpha, beta, *y;
    int rows_along_y;
};

static void columns_of_sums(const struct vector_product *p, ptrdiff_t from, ptrdiff_t end) {
    const struct steward_kernels *kernels = p->kernels;
    for (; from + kernels->row_columns <= end; from += kernels->row_columns)
        kernels->row(p->k, p->x, p->x_step, p->matrix + from, p->ld, p->y + from, 0, kernels->row_columns, p->alpha,
                     p->beta);
    for (; from + kernels->width <= end; from += kernels->width)
        kernels->tiles[0](p->k, p->x, p->x_step, p->matrix + from, p->ld, p->y + from, 0, kernels->width, p->alpha,
                          p->beta);
    for (; from < end; from++) {
        float sum = 0;
        for (ptrdiff_t l = 0; l < p->k; l++) sum += p->x[l * p->x_step] * p->matrix[l * p->ld + from];
        p->y[from] = p->alpha * sum + (p->beta == 0 ? 0 : p->beta * p->y[from]);
    }
}

static void multiply_part(void *context, int part) {
    const struct vector_product *p = context;
    ptrdiff_t from = part * p->part, end = smaller(from + p->part, p->count);
    if (p->rows_along_y) return columns_of_sums(p, from, end);
    p->kernels->dots(end - from, p->k, p->matrix + from * p->ld, p->ld, p->x, p->alpha, p->beta,
                     p->y + from * p->y_step, p->y_step);
}

int steward_multiply_vector(const struct product *p) {
    struct vector_product v = {
        .kernels = p->kernels, .k = p->k, .alpha = p->alpha, .beta = p->beta, .y = p->c, .y_step = 1,
    };
    if (p->m == 1) {
        v.matrix = p->b, v.ld = p->ldb, v.count = p->n, v.rows_along_y = !p->transpose_b;
        v.x = p->a, v.x_step = p->transpose_a ? p->lda : 1;
    } else {
        v.matrix = p->a, v.ld = p->lda, v.count = p->m, v.rows_along_y = p->transpose_a, v.y_step = p->ldc;
        v.x = p->b, v.x_step = p->transpose_b ? 1 : p->ldb;
    }
    if (v.rows_along_y ? v.y_step != 1 : v.x_step != 1) return 0;
    v.part = round_up(parts(v.count, p->threads > 1 ? 2 * p->threads : 1), p->kernels->row_columns);
    steward_parallel((int)parts(v.count, v.part), multiply_part, &v);
    return 1;
}
