// The body of the micro-kernels. A file that includes it defines WIDTH (floats a vector), ROWS and VECTORS (the largest
// tile, which the registers hold) and TARGET (a function attribute), and makes the tiles it lists with INSTANCE.

#include "kernels.h"

typedef float vector __attribute__((vector_size(4 * WIDTH)));
typedef float loose_vector __attribute__((vector_size(4 * WIDTH), aligned(4)));

#define INLINE static inline __attribute__((always_inline)) TARGET

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

enum { row_vectors = 8, most_vectors = row_vectors };

INLINE void store_cells(float *c, vector value, int cells, float alpha, float beta) {
    union {
        vector whole;
        float cells[WIDTH];
    } sum = {.whole = value};
    for (int j = 0; j < cells; j++) c[j] = alpha * sum.cells[j] + (beta == 0 ? 0 : beta * c[j]);
}

INLINE void store(float *c, vector value, int cells, float alpha, float beta) {
    if (cells < WIDTH) return store_cells(c, value, cells, alpha, beta);
    value *= alpha;
    if (beta != 0) value += beta * *(const loose_vector *)c;
    *(loose_vector *)c = value;
}

INLINE void tile(int rows, int vectors, ptrdiff_t k, const float *restrict a, ptrdiff_t a_step,
                 const float *restrict b, ptrdiff_t b_step, float *restrict c, ptrdiff_t ldc, int columns, float alpha,
                 float beta) {
    vector sum[ROWS][most_vectors];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] = (vector){0};
    }
    // C is needed at the end only; it comes while the sums are made.
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) __builtin_prefetch(c + i * ldc + j * WIDTH, 1);
    }
    for (ptrdiff_t l = 0; l < k; l++) {
        vector right[most_vectors];
        UNROLL
        for (int j = 0; j < vectors; j++) right[j] = *(const loose_vector *)(b + j * WIDTH);
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int j = 0; j < vectors; j++) sum[i][j] += a[i] * right[j];
        }
        a += a_step;
        b += b_step;
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) store(c + i * ldc + j * WIDTH, sum[i][j], columns - j * WIDTH, alpha, beta);
    }
}

static TARGET void tile_row(ptrdiff_t k, const float *a, ptrdiff_t a_step, const float *b, ptrdiff_t b_step, float *c,
                            ptrdiff_t ldc, int columns, float alpha, float beta) {
    tile(1, row_vectors, k, a, a_step, b, b_step, c, ldc, columns, alpha, beta);
}

/// The products of `rows` rows with x; so many at a time that the sums don't wait for each other.
INLINE void dot_rows(int rows, ptrdiff_t k, const float *matrix, ptrdiff_t ld, const float *x, float *sums) {
    enum { halves = 2, most_rows = 4 };
    vector sum[most_rows][halves];
    UNROLL
    for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = (vector){0};
    ptrdiff_t l = 0;
    for (; l + halves * WIDTH <= k; l += halves * WIDTH) {
        UNROLL
        for (int h = 0; h < halves; h++) {
            vector right = *(const loose_vector *)(x + l + h * WIDTH);
            UNROLL
            for (int i = 0; i < rows; i++)
                sum[i][h] += *(const loose_vector *)(matrix + i * ld + l + h * WIDTH) * right;
        }
    }
    for (int i = 0; i < rows; i++) {
        union {
            vector whole;
            float cells[WIDTH];
        } both = {.whole = sum[i][0] + sum[i][1]};
        float total = 0;
        for (int j = 0; j < WIDTH; j++) total += both.cells[j];
        for (ptrdiff_t rest = l; rest < k; rest++) total += matrix[i * ld + rest] * x[rest];
        sums[i] = total;
    }
}

static TARGET void dots(ptrdiff_t rows, ptrdiff_t k, const float *matrix, ptrdiff_t ld, const float *x, float alpha,
                        float beta, float *y, ptrdiff_t y_step) {
    for (ptrdiff_t row = 0; row < rows;) {
        float sums[4];
        int count = rows - row >= 4 ? 4 : 1;
        if (count == 4)
            dot_rows(4, k, matrix + row * ld, ld, x, sums);
        else
            dot_rows(1, k, matrix + row * ld, ld, x, sums);
        for (int i = 0; i < count; i++, row++) {
            float *cell = y + row * y_step;
            *cell = alpha * sums[i] + (beta == 0 ? 0 : beta * *cell);
        }
    }
}

enum { chain_count = 12 };

static TARGET float chains(ptrdiff_t rounds) {
    vector sum[chain_count], factor = (vector){0} + 0.999f, more = (vector){0} + 0.001f;
    UNROLL
    for (int i = 0; i < chain_count; i++) sum[i] = (vector){0} + (float)i;
    for (ptrdiff_t round = 0; round < rounds; round++) {
        UNROLL
        for (int i = 0; i < chain_count; i++) sum[i] = sum[i] * factor + more;
    }
    float result = 0;
    for (int i = 0; i < chain_count; i++) result += sum[i][0];
    return result;
}

#define INSTANCE(rows, vectors)                                                                                        \
    static TARGET void tile_##rows##_##vectors(ptrdiff_t k, const float *a, ptrdiff_t a_step, const float *b,          \
                                               ptrdiff_t b_step, float *c, ptrdiff_t ldc, int columns, float alpha,    \
                                               float beta) {                                                           \
        tile(rows, vectors, k, a, a_step, b, b_step, c, ldc, columns, alpha, beta);                                    \
    }
