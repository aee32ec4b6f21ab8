#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

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
    huge_page = 2 << 20,
};

struct blocks {
    struct product whole;
    // The block at hand.
    ptrdiff_t row, rows, column, columns, depth, steps;
    // Panels that are read where they lie, without packing: those of A from 0, those of B up to direct_b.
    int direct_a;
    ptrdiff_t direct_b;
    ptrdiff_t a_panels, b_panels;
    float *packed_a, *packed_b;
};

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
        steward_pack_across(width, count, p->steps, p->whole.b + column * p->whole.ldb + p->depth, p->whole.ldb,
                            target);
    else
        steward_pack_along(width, count, p->steps, p->whole.b + p->depth * p->whole.ldb + column, p->whole.ldb, target);
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
    int rows = (int)smaller(kernels->rows, p->rows - row);
    int columns = (int)smaller(kernels->columns, p->columns - column);
    int vectors = (columns + kernels->width - 1) / kernels->width, most_vectors = kernels->columns / kernels->width;
    const float *a = p->packed_a + row * p->steps, *b = p->packed_b + column * p->steps;
    ptrdiff_t a_step = kernels->rows, b_step = kernels->columns;
    if (p->direct_a) a = p->whole.a + p->depth * p->whole.lda + p->row + row, a_step = p->whole.lda;
    if (column < p->direct_b * kernels->columns) {
        b = p->whole.b + p->depth * p->whole.ldb + p->column + column;
        b_step = p->whole.ldb;
    }
    float *c = p->whole.c + (p->row + row) * p->whole.ldc + p->column + column;
    kernels->tiles[(rows - 1) * most_vectors + vectors - 1](p->steps, a, a_step, b, b_step, c, p->whole.ldc, columns,
                                                            p->whole.alpha, p->depth == 0 ? p->whole.beta : 1);
}

static void multiply_block(struct blocks *p) {
    const struct steward_kernels *kernels = p->whole.kernels;
    choose_packing(p);
    for (ptrdiff_t panel = 0; panel < p->a_panels && !p->direct_a; panel++) pack_a(p, panel);
    for (ptrdiff_t panel = p->direct_b; panel < p->b_panels && p->row == 0; panel++) pack_b(p, panel);
    ptrdiff_t height = round_up(parts(p->rows, parts(p->rows, kernels->height)), kernels->rows);
    for (ptrdiff_t top = 0; top < p->rows; top += height) {
        ptrdiff_t end = smaller(top + height, p->rows);
        for (ptrdiff_t column = 0; column < p->columns; column += kernels->columns)
            for (ptrdiff_t row = top; row < end; row += kernels->rows) multiply_panels(p, row, column);
    }
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
    size_t bytes = count * sizeof(float);
    if (posix_memalign(&cells, bytes < huge_page ? 4096 : huge_page, bytes) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    // Fewer pages, fewer misses to look them up; without them it is only slower.
    if (bytes >= huge_page) madvise(cells, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
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
