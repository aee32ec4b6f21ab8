// Products of small matrices that lie in the cache: for attention and convolution, one thread.

#if LANES == 16
#define PANEL 4
#else
#define PANEL 2
#endif

/// C (rows x columns) = factor A B, or += . A's cell (i, l) lies at a[i * a_row + l * a_step]; B's rows are b_row apart.
struct panel {
    const float *a, *b;
    ptrdiff_t a_row, a_step, b_row;
    float *c;
    ptrdiff_t c_row;
    float factor;
    int accumulate;
};

#define TILE(name, height, width)                                                                                     \
    INLINE void name(const struct panel *p, ptrdiff_t i, ptrdiff_t j, ptrdiff_t first, ptrdiff_t last) {              \
        vec sums[height][width];                                                                                      \
        for (int r = 0; r < height; r++)                                                                              \
            for (int v = 0; v < width; v++) sums[r][v] = all(0);                                                      \
        const float *a = p->a + i * p->a_row, *b = p->b + j;                                                          \
        for (ptrdiff_t l = first; l < last; l++) {                                                                    \
            vec cells[width];                                                                                         \
            for (int v = 0; v < width; v++) cells[v] = load(b + l * p->b_row + v * LANES);                            \
            for (int r = 0; r < height; r++) {                                                                        \
                vec factor = all(a[r * p->a_row + l * p->a_step]);                                                    \
                for (int v = 0; v < width; v++) sums[r][v] = factor * cells[v] + sums[r][v];                          \
            }                                                                                                         \
        }                                                                                                             \
        for (int r = 0; r < height; r++)                                                                              \
            for (int v = 0; v < width; v++) {                                                                         \
                float *c = p->c + (i + r) * p->c_row + j + v * LANES;                                                 \
                vec scaled = sums[r][v] * p->factor;                                                                  \
                store(c, p->accumulate ? load(c) + scaled : scaled);                                                  \
            }                                                                                                         \
    }

TILE(tile_wide, 4, PANEL)
TILE(tile_pair, 4, 2)
TILE(tile_narrow, 4, 1)
TILE(tile_row_wide, 1, PANEL)
TILE(tile_row, 1, 1)

INLINE void panel_cells(const struct panel *p, ptrdiff_t i, ptrdiff_t rows, ptrdiff_t j, ptrdiff_t columns,
                        ptrdiff_t first, ptrdiff_t last) {
    for (ptrdiff_t r = i; r < i + rows; r++)
        for (ptrdiff_t k = j; k < j + columns; k++) {
            float sum = 0;
            for (ptrdiff_t l = first; l < last; l++)
                sum = p->a[r * p->a_row + l * p->a_step] * p->b[l * p->b_row + k] + sum;
            float *c = p->c + r * p->c_row + k;
            *c = (p->accumulate ? *c : 0) + sum * p->factor;
        }
}

/// Rows i..<i + rows (at most four) of all columns, summing over first..<last.
INLINE void panel_rows(const struct panel *p, ptrdiff_t i, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first,
                       ptrdiff_t last) {
    ptrdiff_t j = 0;
    for (; j + PANEL * LANES <= columns; j += PANEL * LANES) {
        if (rows == 4) {
            tile_wide(p, i, j, first, last);
        } else {
            for (ptrdiff_t r = i; r < i + rows; r++) tile_row_wide(p, r, j, first, last);
        }
    }
    for (; rows == 4 && j + 2 * LANES <= columns; j += 2 * LANES) tile_pair(p, i, j, first, last);
    for (; j + LANES <= columns; j += LANES) {
        if (rows == 4) {
            tile_narrow(p, i, j, first, last);
        } else {
            for (ptrdiff_t r = i; r < i + rows; r++) tile_row(p, r, j, first, last);
        }
    }
    if (j < columns) panel_cells(p, i, rows, j, columns - j, first, last);
}

/// The whole product, panels of columns outermost, so that each stays in the first cache.
INLINE void panel_product(const struct panel *p, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth) {
    for (ptrdiff_t j = 0; j < columns; j += PANEL * LANES) {
        struct panel part = *p;
        part.b += j;
        part.c += j;
        ptrdiff_t width = columns - j < PANEL * LANES ? columns - j : PANEL * LANES;
        for (ptrdiff_t i = 0; i < rows; i += 4) panel_rows(&part, i, rows - i < 4 ? rows - i : 4, width, 0, depth);
    }
}

/// out[c][r] = in[r][c]
INLINE void transpose(const float *in, ptrdiff_t in_row, float *out, ptrdiff_t out_row, ptrdiff_t rows,
                      ptrdiff_t columns) {
    for (ptrdiff_t r = 0; r < rows; r += 8)
        for (ptrdiff_t c = 0; c < columns; c++)
            for (ptrdiff_t s = r; s < r + 8 && s < rows; s++) out[c * out_row + s] = in[s * in_row + c];
}
