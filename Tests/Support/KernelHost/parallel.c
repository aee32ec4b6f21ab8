#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "compute_parallel.h"

enum { callers = 5, rounds = 300, most = 41 };

struct tally {
    // Written without atomics: each task's cell by the thread that has it, read after steward_parallel.
    int counts[most];
    long sums[most];
    const int *input;
};

static void count(void *context, int task) {
    struct tally *tally = context;
    tally->counts[task]++;
    for (int i = 0; i <= task; i++) tally->sums[task] += tally->input[i];
}

// What the caller wrote before is seen by the tasks, and what they wrote by the caller, with no other order between.
static void *call(void *context) {
    long caller = (long)context;
    int input[most];
    for (int round = 0; round < rounds; round++) {
        steward_set_threads((int)((caller + round) % 5));
        int tasks = 1 + (int)((round * 7 + caller) % (most - 1));
        struct tally tally = {.input = input};
        for (int i = 0; i < most; i++) input[i] = round + i;
        steward_parallel(tasks, count, &tally);
        for (int task = 0; task < most; task++) {
            long expected = task < tasks ? (task + 1L) * round + task * (task + 1L) / 2 : 0;
            EXPECT(tally.counts[task] == (task < tasks), "task %d of %d ran %d times", task, tasks, tally.counts[task]);
            EXPECT(tally.sums[task] == expected, "task %d has %ld, not %ld", task, tally.sums[task], expected);
        }
    }
    return NULL;
}

static void nested(void *context, int task) {
    (void)task;
    EXPECT(steward_is_sharing(), "a task is not told from its caller");
    static const int input[most];
    struct tally inner = {.input = input};
    steward_parallel(7, count, &inner);
    for (int i = 0; i < 7; i++) atomic_fetch_add((atomic_int *)context, inner.counts[i]);
}

void test_parallel(void) {
    pthread_t threads[callers];
    for (long caller = 0; caller < callers; caller++) pthread_create(&threads[caller], NULL, call, (void *)caller);
    for (int caller = 0; caller < callers; caller++) pthread_join(threads[caller], NULL);
    steward_set_threads(4);
    atomic_int total = 0;
    steward_parallel(12, nested, &total);
    EXPECT(total == 84, "%d", total);
}
