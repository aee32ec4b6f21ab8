#include "compute_tensors.h"

#include <string.h>

#include "compute_parallel.h"
#include "spread.h"

static const struct tensor_table *chosen;
static int limit = 2;

const struct tensor_table *steward_tensor_table(void) {
    const struct tensor_table *table = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
    if (table) return table;
    table = &steward_tensors_baseline;
#if defined(__x86_64__)
    __builtin_cpu_init();
    int fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int wide = fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (limit >= 1 && fma) table = &steward_tensors_avx2;
    if (limit >= 2 && wide) table = &steward_tensors_avx512;
#endif
    __atomic_store_n(&chosen, table, __ATOMIC_RELEASE);
    return table;
}

static int level(void) {
#if defined(__x86_64__)
    if (steward_tensor_table() == &steward_tensors_avx512) return 2;
    if (steward_tensor_table() == &steward_tensors_avx2) return 1;
#endif
    return 0;
}

const char *steward_tensor_instructions(void) {
    static const char *const names[] = {"baseline", "AVX2", "AVX-512"};
    return names[level()];
}

int steward_tensor_limit_instructions(int wanted) {
    limit = wanted;
    __atomic_store_n(&chosen, NULL, __ATOMIC_RELEASE);
    return level();
}

struct spread {
    tensor_kernel kernel;
    const struct tensor_arguments *arguments;
    ptrdiff_t count, grain;
};

static void one_part(void *context, int task) {
    const struct spread *s = context;
    ptrdiff_t begin = task * s->grain, end = begin + s->grain;
    s->kernel(s->arguments, begin, end < s->count ? end : s->count);
}

void steward_tensor_spread(tensor_kernel kernel, const struct tensor_arguments *arguments, ptrdiff_t count,
                           ptrdiff_t grain) {
    if (count <= 0) return;
    if (grain < 1) grain = 1;
    struct spread spread = {kernel, arguments, count, grain};
    if (count <= grain) {
        kernel(arguments, 0, count);
    } else {
        steward_parallel((int)((count + grain - 1) / grain), one_part, &spread);
    }
}

void steward_tensor_fill(float *x, float value, ptrdiff_t count) {
    struct tensor_arguments t = {.out = x, .p = value};
    steward_tensor_spread(steward_tensor_table()->fill, &t, count, CELLS);
}

void steward_tensor_combine(int op, const float *a, const float *b, float *out, ptrdiff_t count) {
    struct tensor_arguments t = {.a = a, .b = b, .out = out, .kind = op};
    steward_tensor_spread(steward_tensor_table()->combine, &t, count, CELLS);
}

void steward_tensor_scale(const float *x, float s, float *y, ptrdiff_t count, int accumulate) {
    struct tensor_arguments t = {.a = x, .p = s, .out = y, .accumulate = accumulate};
    steward_tensor_spread(steward_tensor_table()->scale, &t, count, CELLS);
}

void steward_tensor_scale_by(const float *x, const float *s, float *y, ptrdiff_t count) {
    struct tensor_arguments t = {.a = x, .b = s, .out = y};
    steward_tensor_spread(steward_tensor_table()->scale_by, &t, count, CELLS);
}

void steward_tensor_exp(const float *x, float *y, ptrdiff_t count) {
    struct tensor_arguments t = {.a = x, .out = y};
    steward_tensor_spread(steward_tensor_table()->exp, &t, count, CELLS);
}

void steward_tensor_tanh(const float *x, float *y, ptrdiff_t count) {
    struct tensor_arguments t = {.a = x, .out = y};
    steward_tensor_spread(steward_tensor_table()->tanh, &t, count, CELLS);
}

void steward_tensor_erf(const float *x, float *y, ptrdiff_t count) {
    struct tensor_arguments t = {.a = x, .out = y};
    steward_tensor_spread(steward_tensor_table()->erf, &t, count, CELLS);
}

void steward_tensor_activate(int kind, const float *x, float *y, ptrdiff_t count) {
    struct tensor_arguments t = {.a = x, .out = y, .kind = kind};
    steward_tensor_spread(steward_tensor_table()->activate, &t, count, CELLS / 4);
}

void steward_tensor_activate_backward(int kind, const float *x, const float *dy, float *dx, ptrdiff_t count) {
    struct tensor_arguments t = {.a = x, .b = dy, .out = dx, .kind = kind};
    steward_tensor_spread(steward_tensor_table()->activate_backward, &t, count, CELLS / 4);
}

void steward_tensor_sgd(float *p, const float *g, float *velocity, ptrdiff_t count, const float *rates,
                        const float *clip, float momentum, float decay) {
    struct tensor_arguments t = {
        .out = p, .a = g, .out2 = momentum == 0 ? NULL : velocity, .c = rates, .d = clip, .p = momentum, .q = decay};
    steward_tensor_spread(steward_tensor_table()->sgd, &t, count, CELLS);
}

void steward_tensor_adamw(float *p, const float *g, float *first, float *second, ptrdiff_t count, const float *rates,
                          const float *clip, float beta1, float beta2, float epsilon, float decay) {
    struct tensor_arguments t = {.out = p, .a = g, .out2 = first, .out3 = second, .c = rates, .d = clip,
                                 .p = beta1, .q = beta2, .r = epsilon, .s = decay};
    steward_tensor_spread(steward_tensor_table()->adamw, &t, count, CELLS);
}

static void add_blocks(tensor_kernel kernel, const float *x, ptrdiff_t count, float factor, float *out) {
    ptrdiff_t blocks = (count + BLOCK - 1) / BLOCK;
    float *parts = steward_tensor_scratch(tensor_scratch_caller, (size_t)blocks);
    struct tensor_arguments t = {.a = x, .out = parts, .rows = BLOCK, .columns = count};
    steward_tensor_spread(kernel, &t, blocks, 8);
    double sum = 0;
    for (ptrdiff_t i = 0; i < blocks; i++) sum += parts[i];
    out[0] = (float)(sum * factor);
}

void steward_tensor_sum(const float *x, ptrdiff_t count, float factor, float *out) {
    add_blocks(steward_tensor_table()->sum, x, count, factor, out);
}

void steward_tensor_sum_squares(const float *x, ptrdiff_t count, float *out) {
    add_blocks(steward_tensor_table()->sum_squares, x, count, 1, out);
}
