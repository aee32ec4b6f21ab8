#include "compute_measure.h"

#include "../products/kernels.h"
#include "compute_parallel.h"

enum { parts_a_thread = 4 };

const char *steward_simd(void) { return steward_processor_kernels()->name; }

struct chains {
    ptrdiff_t rounds;
    volatile float result;
};

static void run_chains(void *context, int task) {
    struct chains *chains = context;
    float result = steward_processor_kernels()->chains(chains->rounds);
    // Never true; without a use of the result the loop would go.
    if (result == (float)task + 0.5f) chains->result = result;
}

double steward_multiply_adds(ptrdiff_t rounds) {
    int tasks = steward_threads() * parts_a_thread;
    struct chains chains = {.rounds = (rounds + parts_a_thread - 1) / parts_a_thread};
    steward_parallel(tasks, run_chains, &chains);
    return (double)tasks * (double)chains.rounds * steward_processor_kernels()->chain_operations;
}

struct pass {
    float *target;
    const float *b, *c;
    float scale;
    ptrdiff_t count, part;
};

static ptrdiff_t end_of(const struct pass *pass, ptrdiff_t start) {
    return start + pass->part < pass->count ? start + pass->part : pass->count;
}

static void triad_part(void *context, int task) {
    const struct pass *pass = context;
    float *restrict a = pass->target;
    const float *restrict b = pass->b, *restrict c = pass->c;
    ptrdiff_t start = task * pass->part, end = end_of(pass, start);
    for (ptrdiff_t i = start; i < end; i++) a[i] = b[i] + pass->scale * c[i];
}

static void saxpy_part(void *context, int task) {
    const struct pass *pass = context;
    float *restrict y = pass->target;
    const float *restrict x = pass->b;
    ptrdiff_t start = task * pass->part, end = end_of(pass, start);
    for (ptrdiff_t i = start; i < end; i++) y[i] += pass->scale * x[i];
}

static void run_pass(struct pass *pass, void (*part)(void *, int)) {
    int threads = steward_threads(), tasks = threads > 1 ? threads * parts_a_thread : 1;
    pass->part = (pass->count + tasks - 1) / tasks;
    // Tasks past the end, of arrays shorter than the threads are many, have nothing to do.
    if (pass->part > 0) steward_parallel((int)((pass->count + pass->part - 1) / pass->part), part, pass);
}

void steward_triad(float *a, const float *b, const float *c, float scale, ptrdiff_t count) {
    struct pass pass = {.target = a, .b = b, .c = c, .scale = scale, .count = count};
    run_pass(&pass, triad_part);
}

void steward_saxpy(float *y, const float *x, float scale, ptrdiff_t count) {
    struct pass pass = {.target = y, .b = x, .scale = scale, .count = count};
    run_pass(&pass, saxpy_part);
}
