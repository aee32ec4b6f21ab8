#include <string.h>

#include "spread.h"

void steward_tensor_convolve(const struct steward_convolution *shape, const float *x, const float *weight,
                             const float *bias, float *y) {
    struct tensor_arguments t = {.convolution = shape, .a = x, .b = weight, .c = bias, .out = y};
    steward_tensor_spread(steward_tensor_table()->convolve, &t, shape->batch, 1);
}

void steward_tensor_convolve_backward_input(const struct steward_convolution *shape, const float *dy,
                                            const float *weight, float *dx) {
    struct tensor_arguments t = {.convolution = shape, .a = dy, .b = weight, .out = dx};
    steward_tensor_spread(steward_tensor_table()->convolve_backward_input, &t, shape->batch, 1);
}

void steward_tensor_convolve_backward_weight(const struct steward_convolution *shape, const float *x, const float *dy,
                                             float *dweight, float *dbias, int accumulate) {
    // Groups of images whose sums are added in their order, however many threads there are.
    ptrdiff_t size = (shape->batch + 15) / 16, groups = (shape->batch + size - 1) / size;
    ptrdiff_t depth = (ptrdiff_t)shape->channels * shape->kernel * shape->kernel, outs = shape->out_channels;
    ptrdiff_t cells = (depth + 1) * outs;
    float *sums = steward_tensor_scratch(tensor_scratch_caller, (size_t)(groups * cells));
    struct tensor_arguments t = {.convolution = shape, .a = x, .b = dy, .out = sums, .rows = size};
    steward_tensor_spread(steward_tensor_table()->convolve_backward_weight, &t, groups, 1);
    for (ptrdiff_t group = 1; group < groups; group++)
        for (ptrdiff_t i = 0; i < cells; i++) sums[i] += sums[group * cells + i];
    for (ptrdiff_t o = 0; o < outs; o++) {
        for (ptrdiff_t i = 0; i < depth; i++) {
            float *d = dweight + o * depth + i;
            *d = (accumulate ? *d : 0) + sums[i * outs + o];
        }
        if (dbias) dbias[o] = (accumulate ? dbias[o] : 0) + sums[depth * outs + o];
    }
}

struct windows {
    const float *x;
    float *y;
    int32_t *places;
    int height, width, kernel, stride, out_height, out_width;
};

static void pool_plane(const struct windows *w, ptrdiff_t plane) {
    const float *x = w->x + plane * w->height * w->width;
    float *y = w->y + plane * w->out_height * w->out_width;
    int32_t *places = w->places + plane * w->out_height * w->out_width;
    for (int row = 0; row < w->out_height; row++)
        for (int column = 0; column < w->out_width; column++) {
            int best = row * w->stride * w->width + column * w->stride;
            float largest = x[best];
            for (int ky = 0; ky < w->kernel; ky++)
                for (int kx = 0; kx < w->kernel; kx++) {
                    int place = (row * w->stride + ky) * w->width + column * w->stride + kx;
                    best = x[place] > largest ? place : best;
                    largest = x[place] > largest ? x[place] : largest;
                }
            *y++ = largest;
            *places++ = best;
        }
}

// The usual windows of 2 x 2, without a branch.
static void pool_plane_by_two(const struct windows *w, ptrdiff_t plane) {
    const float *x = w->x + plane * w->height * w->width;
    float *y = w->y + plane * w->out_height * w->out_width;
    int32_t *places = w->places + plane * w->out_height * w->out_width;
    for (int row = 0; row < w->out_height; row++, y += w->out_width, places += w->out_width) {
        int first = 2 * row * w->width;
        const float *top = x + first, *bottom = top + w->width;
        for (int column = 0; column < w->out_width; column++) {
            float a = top[2 * column], b = top[2 * column + 1], c = bottom[2 * column], d = bottom[2 * column + 1];
            int upper = b > a, lower = d > c;
            float high = upper ? b : a, low = lower ? d : c;
            int below = low > high;
            y[column] = below ? low : high;
            places[column] = first + 2 * column + (below ? w->width + lower : upper);
        }
    }
}

static void pool(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    int by_two = t->windows->kernel == 2 && t->windows->stride == 2;
    for (ptrdiff_t plane = begin; plane < end; plane++)
        by_two ? pool_plane_by_two(t->windows, plane) : pool_plane(t->windows, plane);
}

void steward_tensor_max_pool(const float *x, float *y, int32_t *places, ptrdiff_t planes, int height, int width,
                             int kernel, int stride, int out_height, int out_width) {
    struct windows windows = {x, y, places, height, width, kernel, stride, out_height, out_width};
    struct tensor_arguments t = {.windows = &windows};
    steward_tensor_spread(pool, &t, planes, steward_tensor_rows((ptrdiff_t)height * width));
}

static void pool_backward(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t plane = begin; plane < end; plane++) {
        float *dx = t->out + plane * t->columns;
        memset(dx, 0, (size_t)t->columns * sizeof(float));
        for (ptrdiff_t i = plane * t->rows; i < (plane + 1) * t->rows; i++) dx[t->indices[i]] += t->a[i];
    }
}

void steward_tensor_max_pool_backward(const float *dy, const int32_t *places, float *dx, ptrdiff_t planes,
                                      ptrdiff_t in_cells, ptrdiff_t out_cells) {
    struct tensor_arguments t = {.a = dy, .indices = places, .out = dx, .rows = out_cells, .columns = in_cells};
    steward_tensor_spread(pool_backward, &t, planes, steward_tensor_rows(in_cells));
}
