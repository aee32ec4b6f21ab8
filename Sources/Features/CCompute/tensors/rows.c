#include <string.h>

#include "compute_parallel.h"
#include "spread.h"

void steward_tensor_add_row(const float *x, const float *row, float *out, ptrdiff_t rows, ptrdiff_t columns) {
    struct tensor_arguments t = {.a = x, .b = row, .out = out, .columns = columns};
    steward_tensor_spread(steward_tensor_table()->add_row, &t, rows, steward_tensor_rows(columns));
}

// Columns a task: whole cache lines.
static ptrdiff_t column_grain(ptrdiff_t rows, ptrdiff_t columns) {
    return rows * columns < CELLS / 2 ? columns : 64;
}

void steward_tensor_sum_rows(const float *x, float *out, ptrdiff_t rows, ptrdiff_t columns, int accumulate) {
    struct tensor_arguments t = {.a = x, .out = out, .rows = rows, .columns = columns, .accumulate = accumulate};
    steward_tensor_spread(steward_tensor_table()->sum_rows, &t, columns, column_grain(rows, columns));
}

void steward_tensor_softmax(const float *x, float *y, ptrdiff_t rows, ptrdiff_t columns) {
    struct tensor_arguments t = {.a = x, .out = y, .columns = columns};
    steward_tensor_spread(steward_tensor_table()->softmax, &t, rows, steward_tensor_rows(columns));
}

void steward_tensor_softmax_backward(const float *y, const float *dy, float *dx, ptrdiff_t rows, ptrdiff_t columns) {
    struct tensor_arguments t = {.a = y, .b = dy, .out = dx, .columns = columns};
    steward_tensor_spread(steward_tensor_table()->softmax_backward, &t, rows, steward_tensor_rows(columns));
}

void steward_tensor_layer_norm(const float *x, const float *weight, const float *bias, float *y, float *mean,
                               float *inverse, ptrdiff_t rows, ptrdiff_t columns, float epsilon) {
    struct tensor_arguments t = {.a = x, .b = weight, .c = bias, .out = y, .out2 = mean, .out3 = inverse,
                                 .columns = columns, .p = epsilon};
    steward_tensor_spread(steward_tensor_table()->layer_norm, &t, rows, steward_tensor_rows(columns));
}

void steward_tensor_layer_norm_backward(const float *x, const float *weight, const float *mean, const float *inverse,
                                        const float *dy, float *dx, ptrdiff_t rows, ptrdiff_t columns,
                                        int accumulate) {
    struct tensor_arguments t = {.a = x, .b = weight, .c = mean, .d = inverse, .e = dy, .out = dx,
                                 .columns = columns, .accumulate = accumulate};
    steward_tensor_spread(steward_tensor_table()->layer_norm_backward, &t, rows, steward_tensor_rows(columns));
}

void steward_tensor_layer_norm_parameters(const float *x, const float *mean, const float *inverse, const float *dy,
                                          float *dweight, float *dbias, ptrdiff_t rows, ptrdiff_t columns,
                                          int accumulate) {
    struct tensor_arguments t = {.a = x, .c = mean, .d = inverse, .e = dy, .out = dweight, .out2 = dbias,
                                 .rows = rows, .columns = columns, .accumulate = accumulate};
    steward_tensor_spread(steward_tensor_table()->layer_norm_parameters, &t, columns, column_grain(rows, columns));
}

void steward_tensor_cross_entropy(const float *logits, const int32_t *targets, float *losses, float *gradient,
                                  ptrdiff_t rows, ptrdiff_t columns) {
    struct tensor_arguments t = {.a = logits, .indices = targets, .out = losses, .out2 = gradient, .rows = rows,
                                 .columns = columns};
    steward_tensor_spread(steward_tensor_table()->cross_entropy, &t, rows, steward_tensor_rows(columns));
}

static void embed(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t r = begin; r < end; r++)
        memcpy(t->out + r * t->columns, t->a + t->indices[r] * t->columns, (size_t)t->columns * sizeof(float));
}

void steward_tensor_embed(const float *table, const int32_t *indices, float *out, ptrdiff_t rows, ptrdiff_t columns) {
    struct tensor_arguments t = {.a = table, .indices = indices, .out = out, .columns = columns};
    steward_tensor_spread(embed, &t, rows, steward_tensor_rows(columns));
}

// The table's rows begin..<end, which another thread doesn't touch.
static void embed_backward(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t n = t->columns;
    if (!t->accumulate) memset(t->out + begin * n, 0, (size_t)((end - begin) * n) * sizeof(float));
    for (ptrdiff_t r = 0; r < t->rows; r++) {
        ptrdiff_t row = t->indices[r];
        if (row < begin || row >= end) continue;
        for (ptrdiff_t i = 0; i < n; i++) t->out[row * n + i] += t->a[r * n + i];
    }
}

void steward_tensor_embed_backward(const float *dy, const int32_t *indices, float *dtable, ptrdiff_t rows,
                                   ptrdiff_t columns, ptrdiff_t vocabulary, int accumulate) {
    struct tensor_arguments t = {.a = dy, .indices = indices, .out = dtable, .rows = rows, .columns = columns,
                                 .accumulate = accumulate};
    steward_tensor_spread(embed_backward, &t, vocabulary, vocabulary / 16 + 1);
}

void steward_tensor_copy_rows(const float *x, ptrdiff_t x_pitch, float *y, ptrdiff_t y_pitch, ptrdiff_t rows,
                              ptrdiff_t columns, int accumulate) {
    struct tensor_arguments t = {.a = x, .out = y, .rows = x_pitch, .pitch = y_pitch, .columns = columns,
                                 .accumulate = accumulate};
    steward_tensor_spread(steward_tensor_table()->copy_rows, &t, rows, steward_tensor_rows(columns));
}

void steward_tensor_attend(const struct steward_attention *shape, const float *qkv, float *weights, float *out) {
    struct tensor_arguments t = {.attention = shape, .a = qkv, .out = out, .out2 = weights};
    steward_tensor_spread(steward_tensor_table()->attend, &t, (ptrdiff_t)shape->batch * shape->heads, 1);
}

void steward_tensor_attend_backward(const struct steward_attention *shape, const float *qkv, const float *weights,
                                    const float *dout, float *dqkv) {
    struct tensor_arguments t = {.attention = shape, .a = qkv, .b = weights, .c = dout, .out = dqkv};
    steward_tensor_spread(steward_tensor_table()->attend_backward, &t, (ptrdiff_t)shape->batch * shape->heads, 1);
}

struct permutation {
    const float *x;
    float *out;
    ptrdiff_t size[4], stride[4];
};

static void permute(void *context, int outer) {
    const struct permutation *p = context;
    float *out = p->out + outer * p->size[1] * p->size[2] * p->size[3];
    for (ptrdiff_t j = 0; j < p->size[1]; j++)
        for (ptrdiff_t k = 0; k < p->size[2]; k++) {
            const float *x = p->x + outer * p->stride[0] + j * p->stride[1] + k * p->stride[2];
            for (ptrdiff_t l = 0; l < p->size[3]; l++) *out++ = x[l * p->stride[3]];
        }
}

void steward_tensor_permute(const float *x, float *out, const ptrdiff_t dimensions[4], const int axes[4]) {
    ptrdiff_t strides[4] = {0, 0, 0, 1};
    for (int axis = 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * dimensions[axis + 1];
    struct permutation p = {.x = x, .out = out};
    for (int axis = 0; axis < 4; axis++) {
        p.size[axis] = dimensions[axes[axis]];
        p.stride[axis] = strides[axes[axis]];
    }
    steward_parallel((int)p.size[0], permute, &p);
}
