#include "compute_products.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "choice.h"
#include "compute_parallel.h"
#include "pack.h"

// The structure of GotoBLAS: blocks of A and B are packed into panels in the order in which the micro-kernel reads
// them; a panel of B stays in the first cache while a block of A, from the second, passes by it.

enum {
    // Rows of A and columns of B that are packed at a time, which bounds the memory for it.
    most_rows = 2048,
    most_columns = 4096,
    // Multiplications below which a second thread costs more than it brings.
    worth_threads = 64 * 64 * 64,
    // Multiplications from which OpenBLAS, where it is used, is not behind our own kernels.
    worth_openblas = 192 * 192 * 192,
    // How often a panel is used without being packed, and the cells of a matrix that needs no packing.
    few_uses = 3,
    small_matrix = 16 << 10,
};

struct product {
    const struct steward_kernels *kernels;
    int transpose_a, transpose_b;
    ptrdiff_t m, n, k, lda, ldb, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
    int threads;

    // The block at hand.
    ptrdiff_t row, rows, column, columns, depth, steps;
    // Panels that are read where they lie, without packing: those of A from 0, those of B up to direct_b.
    int direct_a;
    ptrdiff_t direct_b;
    ptrdiff_t a_panels, b_panels, tile_rows, tile_columns, tiles_across;
    float *packed_a, *packed_b;
};

static ptrdiff_t smaller(ptrdiff_t x, ptrdiff_t y) { return x < y ? x : y; }
static ptrdiff_t parts(ptrdiff_t whole, ptrdiff_t part) { return (whole + part - 1) / part; }
static ptrdiff_t round_up(ptrdiff_t whole, ptrdiff_t part) { return parts(whole, part) * part; }

static void run(const struct product *p, ptrdiff_t tasks, void (*body)(void *, int)) {
    if (p->threads > 1) return steward_parallel((int)tasks, body, (void *)p);
    for (int task = 0; task < tasks; task++) body((void *)p, task);
}

static void pack_a(const struct product *p, ptrdiff_t panel) {
    int width = p->kernels->rows;
    ptrdiff_t row = panel * width;
    int count = (int)smaller(width, p->rows - row);
    float *target = p->packed_a + row * p->steps;
    row += p->row;
    if (p->transpose_a)
        steward_pack_along(width, count, p->steps, p->a + p->depth * p->lda + row, p->lda, target);
    else
        steward_pack_across(width, count, p->steps, p->a + row * p->lda + p->depth, p->lda, target);
}

static void pack_b(const struct product *p, ptrdiff_t panel) {
    int width = p->kernels->columns;
    ptrdiff_t column = panel * width;
    int count = (int)smaller(width, p->columns - column);
    float *target = p->packed_b + column * p->steps;
    column += p->column;
    if (p->transpose_b)
        steward_pack_across(width, count, p->steps, p->b + column * p->ldb + p->depth, p->ldb, target);
    else
        steward_pack_along(width, count, p->steps, p->b + p->depth * p->ldb + column, p->ldb, target);
}

static void pack_panel(void *context, int panel) {
    const struct product *p = context;
    ptrdiff_t a_panels = p->direct_a ? 0 : p->a_panels;
    if (panel < a_panels)
        pack_a(p, panel);
    else
        pack_b(p, p->direct_b + panel - a_panels);
}

/// Whether reading a matrix where it lies, as its steps do lie side by side, beats packing it for so many uses.
static int is_better_direct(ptrdiff_t uses, ptrdiff_t steps, ptrdiff_t ld) {
    return uses <= few_uses || steps * ld <= small_matrix;
}

static void choose_packing(struct product *p) {
    const struct steward_kernels *kernels = p->kernels;
    p->a_panels = parts(p->rows, kernels->rows);
    p->b_panels = parts(p->columns, kernels->columns);
    p->direct_a = p->transpose_a && is_better_direct(p->b_panels, p->steps, p->lda);
    p->direct_b = 0;
    // A tile reads whole vectors of B: one that is cut off must be packed.
    if (!p->transpose_b && is_better_direct(p->a_panels, p->steps, p->ldb))
        p->direct_b = p->columns % kernels->width == 0 ? p->b_panels : p->columns / kernels->columns;
}

/// One panel of A times one of B.
static void multiply_panels(const struct product *p, ptrdiff_t row, ptrdiff_t column) {
    const struct steward_kernels *kernels = p->kernels;
    int rows = (int)smaller(kernels->rows, p->rows - row), columns = (int)smaller(kernels->columns, p->columns - column);
    int vectors = (columns + kernels->width - 1) / kernels->width, most_vectors = kernels->columns / kernels->width;
    const float *a = p->packed_a + row * p->steps, *b = p->packed_b + column * p->steps;
    ptrdiff_t a_step = kernels->rows, b_step = kernels->columns;
    if (p->direct_a) a = p->a + p->depth * p->lda + p->row + row, a_step = p->lda;
    if (column < p->direct_b * kernels->columns) b = p->b + p->depth * p->ldb + p->column + column, b_step = p->ldb;
    kernels->tiles[(rows - 1) * most_vectors + vectors - 1](
        p->steps, a, a_step, b, b_step, p->c + (p->row + row) * p->ldc + p->column + column, p->ldc, columns, p->alpha,
        p->depth == 0 ? p->beta : 1);
}

static void multiply_tile(void *context, int tile) {
    const struct product *p = context;
    ptrdiff_t row = tile / p->tiles_across * p->tile_rows, column = tile % p->tiles_across * p->tile_columns;
    ptrdiff_t end = smaller(row + p->tile_rows, p->rows), right = smaller(column + p->tile_columns, p->columns);
    for (ptrdiff_t j = column; j < right; j += p->kernels->columns)
        for (ptrdiff_t i = row; i < end; i += p->kernels->rows) multiply_panels(p, i, j);
}

/// Tiles that fit the caches, and enough of them for the threads to finish together.
static void choose_tiles(struct product *p) {
    const struct steward_kernels *kernels = p->kernels;
    ptrdiff_t down = parts(p->rows, kernels->height);
    p->tile_rows = round_up(parts(p->rows, down), kernels->rows);
    down = parts(p->rows, p->tile_rows);
    ptrdiff_t across = p->threads > 1 ? parts(4 * p->threads, down) : 1;
    p->tile_columns = round_up(parts(p->columns, across), kernels->columns);
    p->tiles_across = parts(p->columns, p->tile_columns);
}

static void multiply_block(struct product *p) {
    choose_packing(p);
    ptrdiff_t packed_b = p->row == 0 ? p->b_panels - p->direct_b : 0;
    run(p, (p->direct_a ? 0 : p->a_panels) + packed_b, pack_panel);
    choose_tiles(p);
    run(p, parts(p->rows, p->tile_rows) * p->tiles_across, multiply_tile);
}

// What a thread packs into, kept from product to product.
static _Thread_local struct {
    float *cells;
    size_t count;
} scratch;
static pthread_key_t scratch_owner;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_owner(void) { pthread_key_create(&scratch_owner, free); }

static float *scratch_cells(size_t count) {
    if (scratch.count >= count) return scratch.cells;
    pthread_once(&scratch_once, make_scratch_owner);
    void *cells = NULL;
    if (posix_memalign(&cells, 4096, count * sizeof(float)) != 0) return NULL;
    free(scratch.cells);
    scratch.cells = cells;
    scratch.count = count;
    pthread_setspecific(scratch_owner, cells);
    return cells;
}

static void scale(const struct product *p) {
    for (ptrdiff_t i = 0; i < p->m; i++)
        for (ptrdiff_t j = 0; j < p->n; j++) {
            float *cell = p->c + i * p->ldc + j;
            *cell = p->beta == 0 ? 0 : p->beta * *cell;
        }
}

static void multiply(struct product *p) {
    const struct steward_kernels *kernels = p->kernels;
    ptrdiff_t depth = parts(p->k, parts(p->k, kernels->depth));
    ptrdiff_t rows = round_up(smaller(p->m, most_rows), kernels->rows);
    ptrdiff_t columns = round_up(smaller(p->n, most_columns), kernels->columns);
    p->packed_b = scratch_cells((size_t)((rows + columns) * depth));
    p->packed_a = p->packed_b + columns * depth;
    for (p->column = 0; p->column < p->n; p->column += columns) {
        p->columns = smaller(columns, p->n - p->column);
        for (p->depth = 0; p->depth < p->k; p->depth += depth) {
            p->steps = smaller(depth, p->k - p->depth);
            for (p->row = 0; p->row < p->m; p->row += rows) {
                p->rows = smaller(rows, p->m - p->row);
                multiply_block(p);
            }
        }
    }
}

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

static void multiply_by(cblas_sgemm_function *sgemm, const struct product *p) {
    struct split split = {.product = p, .sgemm = sgemm, .down = 1, .across = 1};
    // Parts as square as can be: each packs its own rows of A and columns of B.
    while (split.down * split.across < p->threads) {
        if (p->m * split.across >= p->n * split.down)
            split.down++;
        else
            split.across++;
    }
    steward_parallel((int)(split.down * split.across), multiply_part, &split);
}

static int fits_openblas(const struct product *p) {
    return p->m <= INT_MAX && p->n <= INT_MAX && p->k <= INT_MAX && p->lda <= INT_MAX && p->ldb <= INT_MAX &&
           p->ldc <= INT_MAX;
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
    if (k <= 0 || alpha == 0)
        scale(&product);
    else if (choice->sgemm && multiplications >= worth_openblas && fits_openblas(&product))
        multiply_by(choice->sgemm, &product);
    else
        multiply(&product);
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
