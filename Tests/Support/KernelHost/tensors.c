// The kernels of training: functions against double precision, any number of threads against one, and a print of every
// result, to be compared with another machine's.
#include "host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute_parallel.h"
#include "compute_tensors.h"

// Where the results of a pass go: compared with those of the first one, or printed.
static struct {
    float *cells;
    size_t used, first;
    int is_first, prints;
} results;

enum { room = 1 << 22 };

static void keep(const char *name, const float *cells, ptrdiff_t count) {
    if (results.prints) {
        printf("%s", name);
        for (ptrdiff_t i = 0; i < count; i++) printf(" %.9g", (double)cells[i]);
        putchar('\n');
        return;
    }
    if (results.is_first) {
        EXPECT(results.used + (size_t)count <= room, "no room for %s", name);
        memcpy(results.cells + results.used, cells, (size_t)count * sizeof *cells);
    } else {
        EXPECT(memcmp(results.cells + results.used, cells, (size_t)count * sizeof *cells) == 0,
               "%s has other bits with %d threads", name, steward_threads());
    }
    results.used += (size_t)count;
}

static float *random_cells(unsigned seed, ptrdiff_t count) {
    struct numbers numbers = {seed};
    float *cells = malloc((size_t)count * sizeof *cells);
    for (ptrdiff_t i = 0; i < count; i++) cells[i] = next_number(&numbers);
    return cells;
}

// Sizes of a pass: few cells to print, many where threads are to share them.
struct sizes {
    ptrdiff_t cells, rows, columns;
    int batch;
};

static void by_cell(const struct sizes *s) {
    ptrdiff_t n = s->cells;
    float *x = random_cells(1, n), *y = random_cells(2, n), *out = malloc((size_t)n * sizeof *out), factor = 1.5f;
    for (ptrdiff_t i = 0; i < n; i++) x[i] *= 6;
    for (int op = steward_add; op <= steward_multiply; op++)
        steward_tensor_combine(op, x, y, out, n), keep("combine", out, n);
    steward_tensor_scale(x, 0.3f, out, n, 1), keep("scale", out, n);
    steward_tensor_scale_by(x, &factor, out, n), keep("scale_by", out, n);
    steward_tensor_exp(x, out, n), keep("exp", out, n);
    steward_tensor_tanh(x, out, n), keep("tanh", out, n);
    steward_tensor_erf(x, out, n), keep("erf", out, n);
    for (int kind = steward_relu; kind <= steward_gelu_erf; kind++) {
        steward_tensor_activate(kind, x, out, n), keep("activate", out, n);
        steward_tensor_activate_backward(kind, x, y, out, n), keep("activate_backward", out, n);
    }
    steward_tensor_sum(x, n, 0.5f, out), keep("sum", out, 1);
    steward_tensor_sum_squares(x, n, out), keep("sum_squares", out, 1);
    static const uint32_t key[4] = {1, 2, 3, 4};
    steward_tensor_dropout(x, out, n, 0.3f, 5, key), keep("dropout", out, n);
    steward_tensor_fill(out, 0.25f, n), keep("fill", out, n);
    float rates[] = {0.01f, 0.1f, 0.03f}, clip = 0.9f;
    steward_tensor_sgd(x, y, out, n, rates, &clip, 0.9f, 0.1f), keep("sgd", x, n), keep("sgd", out, n);
    float *second = malloc((size_t)n * sizeof *second);
    for (ptrdiff_t i = 0; i < n; i++) second[i] = 0.01f;
    steward_tensor_adamw(x, y, out, second, n, rates, &clip, 0.9f, 0.99f, 1e-8f, 0.1f);
    keep("adamw", x, n), keep("adamw", out, n), keep("adamw", second, n);
    free(x), free(y), free(out), free(second);
}

static void by_row(const struct sizes *s) {
    ptrdiff_t rows = s->rows, columns = s->columns, n = rows * columns;
    float *x = random_cells(3, n), *y = malloc((size_t)n * sizeof *y), *dy = random_cells(4, n);
    float *weight = random_cells(5, columns), *bias = random_cells(6, columns), *dx = random_cells(7, n);
    float *mean = malloc((size_t)rows * sizeof *mean), *inverse = malloc((size_t)rows * sizeof *inverse);
    int32_t *targets = malloc((size_t)rows * sizeof *targets);
    for (ptrdiff_t r = 0; r < rows; r++) targets[r] = (int32_t)(r * 7 % columns);
    steward_tensor_add_row(x, weight, y, rows, columns), keep("add_row", y, n);
    steward_tensor_softmax(x, y, rows, columns), keep("softmax", y, n);
    steward_tensor_softmax_backward(y, dy, dx, rows, columns), keep("softmax_backward", dx, n);
    steward_tensor_layer_norm(x, weight, bias, y, mean, inverse, rows, columns, 1e-5f);
    keep("layer_norm", y, n), keep("layer_norm", mean, rows), keep("layer_norm", inverse, rows);
    steward_tensor_layer_norm_backward(x, weight, mean, inverse, dy, dx, rows, columns, 1);
    keep("layer_norm_backward", dx, n);
    steward_tensor_layer_norm_parameters(x, mean, inverse, dy, weight, bias, rows, columns, 1);
    keep("layer_norm_parameters", weight, columns), keep("layer_norm_parameters", bias, columns);
    steward_tensor_sum_rows(x, bias, rows, columns, 0), keep("sum_rows", bias, columns);
    steward_tensor_cross_entropy(x, targets, mean, dx, rows, columns);
    keep("cross_entropy", mean, rows), keep("cross_entropy", dx, n);
    for (ptrdiff_t r = 0; r < rows; r++) targets[r] = (int32_t)(r * 5 / 2 % rows);
    steward_tensor_embed(x, targets, y, rows, columns), keep("embed", y, n);
    steward_tensor_embed_backward(dy, targets, dx, rows, columns, rows, 0), keep("embed_backward", dx, n);
    steward_tensor_copy_rows(x, columns, y, columns, rows, columns - 1, 0), keep("copy_rows", y, n);
    steward_tensor_permute(x, y, (const ptrdiff_t[]){1, rows, 1, columns}, (const int[]){3, 0, 1, 2});
    keep("permute", y, n);
    free(x), free(y), free(dy), free(weight), free(bias), free(dx), free(mean), free(inverse), free(targets);
}

static void attention(const struct sizes *s) {
    for (int causal = 0; causal < 2; causal++) {
        struct steward_attention shape = {s->batch, 13, 2, 18, causal};
        ptrdiff_t places = s->batch * 13, n = places * 18;
        float *qkv = random_cells(8, 3 * n), *out = malloc((size_t)n * sizeof *out), *dout = random_cells(9, n);
        float *weights = malloc((size_t)(places * 2 * 13) * sizeof *weights), *dqkv = random_cells(10, 3 * n);
        steward_tensor_attend(&shape, qkv, weights, out), keep("attend", out, n);
        keep("attend", weights, places * 2 * 13);
        steward_tensor_attend_backward(&shape, qkv, weights, dout, dqkv), keep("attend_backward", dqkv, 3 * n);
        free(qkv), free(out), free(dout), free(weights), free(dqkv);
    }
}

static void images(const struct sizes *s) {
    for (int stride = 1; stride <= 2; stride++) {
        int height = (11 + 2 - 3) / stride + 1, width = (9 + 2 - 3) / stride + 1;
        struct steward_convolution shape = {s->batch, 3, 11, 9, 7, 3, stride, 1, height, width};
        ptrdiff_t in = s->batch * 3 * 11 * 9, out = (ptrdiff_t)s->batch * 7 * height * width;
        float *x = random_cells(11, in), *weight = random_cells(12, 7 * 3 * 9), *bias = random_cells(13, 7);
        float *y = malloc((size_t)out * sizeof *y), *dy = random_cells(14, out);
        int32_t *places = malloc((size_t)out * sizeof *places);
        steward_tensor_convolve(&shape, x, weight, bias, y), keep("convolve", y, out);
        steward_tensor_convolve_backward_weight(&shape, x, dy, weight, bias, 0);
        keep("convolve_backward_weight", weight, 7 * 3 * 9), keep("convolve_backward_weight", bias, 7);
        steward_tensor_convolve_backward_input(&shape, dy, weight, x), keep("convolve_backward_input", x, in);
        for (int kernel = 2; kernel <= 3; kernel++) {
            int down = (height - kernel) / 2 + 1, across = (width - kernel) / 2 + 1;
            ptrdiff_t planes = s->batch * 7, cells = planes * down * across;
            steward_tensor_max_pool(y, dy, places, planes, height, width, kernel, 2, down, across);
            keep("max_pool", dy, cells);
            float *dx = malloc((size_t)out * sizeof *dx);
            steward_tensor_max_pool_backward(dy, places, dx, planes, height * width, down * across);
            keep("max_pool_backward", dx, out), free(dx);
        }
        free(x), free(weight), free(bias), free(y), free(dy), free(places);
    }
}

static void pass(const struct sizes *s) {
    results.used = 0;
    by_cell(s), by_row(s), attention(s), images(s);
}

void print_tensors(void) {
    results.prints = 1;
    pass(&(struct sizes){203, 7, 21, 2});
}

// Units in the last place between a function and the exact value.
static void try_function(const char *name, void (*function)(const float *, float *, ptrdiff_t), double (*exact)(double)) {
    enum { points = 20011 };
    static float x[points], y[points];
    for (int i = 0; i < points; i++) x[i] = (float)(i - 10005) * 0.0083f;
    function(x, y, points);
    double worst = 0;
    for (int i = 0; i < points; i++) {
        double expected = exact((double)x[i]);
        float nearest = (float)expected;
        if (fabsf(nearest) < 1e-37f) continue;
        double unit = (double)(nextafterf(fabsf(nearest), INFINITY) - fabsf(nearest));
        worst = fmax(worst, fabs((double)y[i] - expected) / unit);
    }
    EXPECT(worst < 3, "%s is off by %g units", name, worst);
    const float odd[] = {INFINITY, -INFINITY, NAN};
    function(odd, y, 3);
    EXPECT(y[0] == (float)exact(INFINITY) && y[1] == (float)exact(-INFINITY) && isnan(y[2]), "%s of %g, %g, NaN is %g, %g, %g",
           name, (double)odd[0], (double)odd[1], (double)y[0], (double)y[1], (double)y[2]);
}

void test_tensors(void) {
    try_function("exp", steward_tensor_exp, exp);
    try_function("tanh", steward_tensor_tanh, tanh);
    try_function("erf", steward_tensor_erf, erf);
    results.cells = malloc(room * sizeof(float));
    const struct sizes large = {70001, 211, 101, 9};
    for (int threads = 1; threads <= 4; threads++) {
        results.is_first = threads == 1;
        steward_set_threads(threads);
        pass(&large);
    }
    free(results.cells);
}
