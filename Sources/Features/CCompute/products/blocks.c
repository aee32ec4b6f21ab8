#include <pthread.h>
#include <stdlib.h>

#include "compute_parallel.h"
#include "pack.h"
#include "product.h"

// The structure of GotoBLAS: blocks of A and B are packed into panels in the order in which the micro-kernel reads
// them; a panel of B stays in the first cache while a block of A, from the second, passes by it.

enum {
    // Rows of A and columns of B that are packed at a time, which bounds the memory for it.
    most_rows = 2048,
    most_columns = 4096,
    // How often a panel is used without being packed, and the cells of a matrix that needs no packing.
    few_uses = 3,
    small_matrix = 16 << 10,
};

struct blocks {
    struct product whole;
    // The block at hand.
    ptrdiff_t row, rows, column, columns, depth, steps;
    // Panels that are read where they lie, without packing: those of A from 0, those of B up to direct_b.
    int direct_a;
    ptrdiff_t direct_b;
    ptrdiff_t a_panels, b_panels, tile_rows, tile_columns, tiles_across;
    float *packed_a, *packed_b;
};

static void run(const struct blocks *p, ptrdiff_t tasks, void (*body)(void *, int)) {
    if (p->whole.threads > 1) return steward_parallel((int)tasks, body, (void *)p);
    for (int task = 0; task < tasks; task++) body((void *)p, task);
}

static void pack_a(const struct blocks *p, ptrdiff_t panel) {
    int width = p->whole.kernels->rows;
    ptrdiff_t row = panel * width;
    int count = (int)smaller(width, p->rows - row);
    float *target = p->packed_a + row * p->steps;
    row += p->row;
    if (p->whole.transpose_a)
        steward_pack_along(width, count, p->steps, p->whole.a + p->depth * p->whole.lda + row, p->whole.lda, target);
    else
        steward_pack_across(width, count, p->steps, p->whole.a + row * p->whole.lda + p->depth, p->whole.lda, target);
}

static void pack_b(const struct blocks *p, ptrdiff_t panel) {
    int width = p->whole.kernels->columns;
    ptrdiff_t column = panel * width;
    int count = (int)smaller(width, p->columns - column);
    float *target = p->packed_b + column * p->steps;
    column += p->column;
    if (p->whole.transpose_b)
        steward_pack_across(width, count, p->steps, p->whole.b + column * p->whole.ldb + p->depth, p->whole.ldb, target);
    else
        steward_pack_along(width, count, p->steps, p->whole.b + p->depth * p->whole.ldb + column, p->whole.ldb, target);
}

static void pack_panel(void *context, int panel) {
    const struct blocks *p = context;
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

static void choose_packing(struct blocks *p) {
    const struct steward_kernels *kernels = p->whole.kernels;
    p->a_panels = parts(p->rows, kernels->rows);
    p->b_panels = parts(p->columns, kernels->columns);
    p->direct_a = p->whole.transpose_a && is_better_direct(p->b_panels, p->steps, p->whole.lda);
    p->direct_b = 0;
    // A tile reads whole vectors of B: one that is cut off must be packed.
    if (!p->whole.transpose_b && is_better_direct(p->a_panels, p->steps, p->whole.ldb))
        p->direct_b = p->columns % kernels->width == 0 ? p->b_panels : p->columns / kernels->columns;
}

/// One panel of A times one of B.
static void multiply_panels(const struct blocks *p, ptrdiff_t row, ptrdiff_t column) {
    const struct steward_kernels *kernels = p->whole.kernels;
    int rows = (int)smaller(kernels->rows, p->rows - row), columns = (int)smaller(kernels->columns, p->columns - column);
    int vectors = (columns + kernels->width - 1) / kernels->width, most_vectors = kernels->columns / kernels->width;
    const float *a = p->packed_a + row * p->steps, *b = p->packed_b + column * p->steps;
    ptrdiff_t a_step = kernels->rows, b_step = kernels->columns;
    if (p->direct_a) a = p->whole.a + p->depth * p->whole.lda + p->row + row, a_step = p->whole.lda;
    if (column < p->direct_b * kernels->columns) b = p->whole.b + p->depth * p->whole.ldb + p->column + column, b_step = p->whole.ldb;
    kernels->tiles[(rows - 1) * most_vectors + vectors - 1](
        p->steps, a, a_step, b, b_step, p->whole.c + (p->row + row) * p->whole.ldc + p->column + column, p->whole.ldc, columns, p->whole.alpha,
        p->depth == 0 ? p->whole.beta : 1);
}

static void multiply_tile(void *context, int tile) {
    const struct blocks *p = context;
    ptrdiff_t row = tile / p->tiles_across * p->tile_rows, column = tile % p->tiles_across * p->tile_columns;
    ptrdiff_t end = smaller(row + p->tile_rows, p->rows), right = smaller(column + p->tile_columns, p->columns);
    for (ptrdiff_t j = column; j < right; j += p->whole.kernels->columns)
        for (ptrdiff_t i = row; i < end; i += p->whole.kernels->rows) multiply_panels(p, i, j);
}

/// Tiles that fit the caches, and enough of them for the threads to finish together.
static void choose_tiles(struct blocks *p) {
    const struct steward_kernels *kernels = p->whole.kernels;
    ptrdiff_t down = parts(p->rows, kernels->height);
    p->tile_rows = round_up(parts(p->rows, down), kernels->rows);
    down = parts(p->rows, p->tile_rows);
    ptrdiff_t across = p->whole.threads > 1 ? parts(4 * p->whole.threads, down) : 1;
    p->tile_columns = round_up(parts(p->columns, across), kernels->columns);
    p->tiles_across = parts(p->columns, p->tile_columns);
}

static void multiply_block(struct blocks *p) {
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

void steward_multiply_blocks(const struct product *product) {
    struct blocks blocks = {.whole = *product}, *p = &blocks;
    const struct steward_kernels *kernels = p->whole.kernels;
    ptrdiff_t depth = parts(p->whole.k, parts(p->whole.k, kernels->depth));
    ptrdiff_t rows = round_up(smaller(p->whole.m, most_rows), kernels->rows);
    ptrdiff_t columns = round_up(smaller(p->whole.n, most_columns), kernels->columns);
    p->packed_b = scratch_cells((size_t)((rows + columns) * depth));
    if (!p->packed_b) return steward_multiply_plainly(product);
    p->packed_a = p->packed_b + columns * depth;
    for (p->column = 0; p->column < p->whole.n; p->column += columns) {
        p->columns = smaller(columns, p->whole.n - p->column);
        for (p->depth = 0; p->depth < p->whole.k; p->depth += depth) {
            p->steps = smaller(depth, p->whole.k - p->depth);
            for (p->row = 0; p->row < p->whole.m; p->row += rows) {
                p->rows = smaller(rows, p->whole.m - p->row);
                multiply_block(p);
            }
        }
    }
}
