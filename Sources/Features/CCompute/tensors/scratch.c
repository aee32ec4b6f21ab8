#include <pthread.h>
#include <stdlib.h>

#include "table.h"

struct scratch {
    size_t count[tensor_scratch_uses];
    float *cells[tensor_scratch_uses];
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *value) {
    struct scratch *scratch = value;
    for (int use = 0; use < tensor_scratch_uses; use++) free(scratch->cells[use]);
    free(scratch);
}

static void make_key(void) { pthread_key_create(&key, release); }

float *steward_tensor_scratch(enum tensor_scratch use, size_t count) {
    pthread_once(&once, make_key);
    struct scratch *scratch = pthread_getspecific(key);
    if (!scratch) {
        scratch = calloc(1, sizeof *scratch);
        if (!scratch || pthread_setspecific(key, scratch) != 0) abort();
    }
    if (scratch->count[use] < count) {
        free(scratch->cells[use]);
        scratch->cells[use] = NULL;
        if (posix_memalign((void **)&scratch->cells[use], 64, (count + 16) * sizeof(float)) != 0) abort();
        scratch->count[use] = count;
    }
    return scratch->cells[use];
}
