#define _GNU_SOURCE
#include "compute_parallel.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { maximum = 256, spins = 4000 };

static struct {
    pthread_mutex_t turn;
    int wanted, running, active;
    void (*body)(void *, int);
    void *context;
    int tasks;
    atomic_int next, busy;
    atomic_uint round;
} pool = {.turn = PTHREAD_MUTEX_INITIALIZER};

// The round before each thread's first.
static unsigned starters[maximum];

static _Thread_local int inside;

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void wait_while(void *word, unsigned value) {
    for (int spin = 0; spin < spins; spin++) {
        if (atomic_load_explicit((atomic_uint *)word, memory_order_acquire) != value) return;
        pause_briefly();
    }
    while (atomic_load_explicit((atomic_uint *)word, memory_order_acquire) == value)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void take_tasks(void) {
    int task;
    while ((task = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed)) < pool.tasks)
        pool.body(pool.context, task);
}

static void *work(void *number) {
    int mine = (int)(long)number;
    inside = 1;
    unsigned seen = starters[mine];
    for (;;) {
        wait_while(&pool.round, seen);
        seen = atomic_load_explicit(&pool.round, memory_order_acquire);
        if (mine < pool.active) take_tasks();
        if (atomic_fetch_sub_explicit(&pool.busy, 1, memory_order_acq_rel) == 1)
            syscall(SYS_futex, &pool.busy, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}

static int processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > maximum ? maximum : count;
}

void steward_set_threads(int threads) {
    pthread_mutex_lock(&pool.turn);
    pool.wanted = threads > maximum ? maximum : threads;
    pthread_mutex_unlock(&pool.turn);
}

int steward_threads(void) { return pool.wanted > 0 ? pool.wanted : processors(); }

/// Starts the threads that are missing; fewer than wanted is no error.
static void start_threads(int threads) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (pool.running < threads - 1) {
        pthread_t thread;
        starters[pool.running] = atomic_load_explicit(&pool.round, memory_order_relaxed);
        if (pthread_create(&thread, &attributes, work, (void *)(long)pool.running) != 0) break;
        pool.running++;
    }
    pthread_attr_destroy(&attributes);
}

void steward_parallel(int tasks, void (*body)(void *, int), void *context) {
    int threads = steward_threads();
    if (inside || tasks <= 1 || threads <= 1) {
        for (int task = 0; task < tasks; task++) body(context, task);
        return;
    }
    pthread_mutex_lock(&pool.turn);
    inside = 1;
    start_threads(threads);
    pool.body = body;
    pool.context = context;
    pool.tasks = tasks;
    pool.active = threads - 1;
    atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool.busy, pool.running, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool.round, 1, memory_order_release);
    syscall(SYS_futex, &pool.round, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    take_tasks();
    for (int left; (left = atomic_load_explicit(&pool.busy, memory_order_acquire)) > 0;)
        wait_while(&pool.busy, (unsigned)left);
    inside = 0;
    pthread_mutex_unlock(&pool.turn);
}
