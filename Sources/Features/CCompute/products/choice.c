#include "choice.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute_products.h"

static const struct {
    const char *word;
    const struct steward_kernels *kernels;
} all_kernels[] = {
    {"avx512", &steward_kernels_avx512},
    {"avx2", &steward_kernels_avx2},
    {"neon", &steward_kernels_neon},
    {"portable", &steward_kernels_portable},
};

enum { kinds = sizeof all_kernels / sizeof *all_kernels };

static _Atomic(const struct steward_choice *) chosen;
static pthread_mutex_t choosing = PTHREAD_MUTEX_INITIALIZER;

const struct steward_kernels *steward_processor_kernels(void) {
    int i = 0;
    while (!all_kernels[i].kernels->available()) i++;
    return all_kernels[i].kernels;
}

/// Whether `which` is a kind of kernels; takes it if the processor has it.
static int choose_kernels(const char *which, struct steward_choice *choice) {
    for (int i = 0; i < kinds; i++) {
        if (strcmp(which, all_kernels[i].word) != 0) continue;
        if (all_kernels[i].kernels->available())
            choice->kernels = all_kernels[i].kernels;
        else
            snprintf(choice->reason, sizeof choice->reason, "This processor has no %s.", all_kernels[i].kernels->name);
        return 1;
    }
    return 0;
}

static void fill(struct steward_choice *choice, const char *which) {
    choice->kernels = steward_processor_kernels();
    if (strcmp(which, "auto") == 0 || strcmp(which, "openblas") == 0)
        steward_open_openblas(NULL, strcmp(which, "openblas") == 0, choice);
    else if (strchr(which, '/'))
        steward_open_openblas(which, 1, choice);
    else if (strcmp(which, "none") != 0 && !choose_kernels(which, choice))
        snprintf(choice->reason, sizeof choice->reason,
                 "STEWARD_BLAS is '%s': it is auto, none, openblas, the path of an OpenBLAS, avx512, avx2, neon or "
                 "portable.", which);
    if (!choice->sgemm) snprintf(choice->name, sizeof choice->name, "own kernels (%s)", choice->kernels->name);
}

/// With the lock.
static const struct steward_choice *choose(const char *which) {
    static const struct steward_choice fallback = {
        .kernels = &steward_kernels_portable, .name = "own kernels (portable)",
    };
    // Earlier choices stay, as someone may be reading them.
    struct steward_choice *choice = calloc(1, sizeof *choice);
    if (choice) fill(choice, which);
    const struct steward_choice *made = choice ? choice : &fallback;
    atomic_store_explicit(&chosen, made, memory_order_release);
    return made;
}

const struct steward_choice *steward_choice(void) {
    const struct steward_choice *choice = atomic_load_explicit(&chosen, memory_order_acquire);
    if (choice) return choice;
    pthread_mutex_lock(&choosing);
    choice = atomic_load_explicit(&chosen, memory_order_acquire);
    if (!choice) {
        const char *wish = getenv("STEWARD_BLAS");
        choice = choose(wish && *wish ? wish : "auto");
    }
    pthread_mutex_unlock(&choosing);
    return choice;
}

int steward_products_choose(const char *which) {
    pthread_mutex_lock(&choosing);
    int could = choose(which)->reason[0] == 0;
    pthread_mutex_unlock(&choosing);
    return could;
}

const char *steward_products_name(void) { return steward_choice()->name; }

const char *steward_products_reason(void) {
    const char *reason = steward_choice()->reason;
    return *reason ? reason : NULL;
}
