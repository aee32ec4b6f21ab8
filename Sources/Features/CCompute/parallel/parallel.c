#define _GNU_SOURCE
#include "compute_parallel.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// One job at a time is open to the pool. Its caller works on it too and closes it when no task is left; then it waits
// only for the threads that are still inside: one that hasn't woken yet finds the gate closed and delays nobody.

enum { maximum = 256 };

// How long a thread looks out for work, or for the end of it, before it sleeps.
static const long patience_ns = 200000, polite_ns = 5000;

static const unsigned is_open = 1u << 31;

static struct {
    pthread_mutex_t turn;
    int running;
    void (*body)(void *, int);
    void *context;
    int tasks, active;
    // is_open, and how many of the pool's threads are inside.
    _Alignas(64) atomic_uint gate;
    atomic_int caller_sleeps;
    _Alignas(64) atomic_int next;
    // Changes with each job; what idle threads watch.
    _Alignas(64) atomic_uint round;
    atomic_int sleepers;
} pool = {.turn = PTHREAD_MUTEX_INITIALIZER};

static atomic_int wanted, allowed;

static _Thread_local int inside;

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static long nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

/// Looks at the word until it differs or patience ends. Lets others have the processor now and then: the thread that is
/// waited for may be queued for this one.
static int differs_soon(atomic_uint *word, unsigned value) {
    for (long start = nanoseconds(), waited = 0; waited < patience_ns; waited = nanoseconds() - start) {
        if (waited > polite_ns) sched_yield();
        for (int look = 0; look < 32; look++) {
            if (atomic_load_explicit(word, memory_order_acquire) != value) return 1;
            pause_briefly();
        }
    }
    return 0;
}

static void sleep_while(atomic_uint *word, unsigned value) {
    while (atomic_load(word) == value) syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(atomic_uint *word, int threads) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

static void take_tasks(void) {
    int task;
    while ((task = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed)) < pool.tasks)
        pool.body(pool.context, task);
}

static int enter(void) {
    unsigned gate = atomic_load(&pool.gate);
    while (gate & is_open)
        if (atomic_compare_exchange_weak(&pool.gate, &gate, gate + 1)) return 1;
    return 0;
}

static void leave(void) {
    if (atomic_fetch_sub(&pool.gate, 1) == 1 && atomic_load(&pool.caller_sleeps)) wake(&pool.gate, 1);
}

static unsigned next_round(unsigned seen) {
    if (!differs_soon(&pool.round, seen)) {
        atomic_fetch_add(&pool.sleepers, 1);
        sleep_while(&pool.round, seen);
        atomic_fetch_sub(&pool.sleepers, 1);
    }
    return atomic_load(&pool.round);
}

static void *work(void *number) {
    int mine = (int)(long)number;
    inside = 1;
    // A new thread takes part in the job that it was started for.
    for (unsigned seen = atomic_load(&pool.round);; seen = next_round(seen)) {
        if (!enter()) continue;
        if (mine < pool.active) take_tasks();
        leave();
    }
    return NULL;
}

static int processors(void) {
    int count = atomic_load_explicit(&allowed, memory_order_relaxed);
    if (count > 0) return count;
    cpu_set_t set;
    count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    count = count < 1 ? 1 : count > maximum ? maximum : count;
    atomic_store_explicit(&allowed, count, memory_order_relaxed);
    return count;
}

void steward_set_threads(int threads) { atomic_store(&wanted, threads > maximum ? maximum : threads); }

int steward_threads(void) {
    int threads = atomic_load_explicit(&wanted, memory_order_relaxed);
    return threads > 0 ? threads : processors();
}

/// Starts the threads that are missing; fewer than wanted is no error.
static void start_threads(int threads) {
    if (pool.running >= threads - 1) return;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (pool.running < threads - 1) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, work, (void *)(long)pool.running) != 0) break;
        pool.running++;
    }
    pthread_attr_destroy(&attributes);
}

/// Waits until no thread of the pool is inside the job.
static void close_gate(void) {
    unsigned left = atomic_fetch_and(&pool.gate, ~is_open) & ~is_open;
    while (left > 0) {
        if (!differs_soon(&pool.gate, left)) {
            atomic_store(&pool.caller_sleeps, 1);
            sleep_while(&pool.gate, left);
            atomic_store(&pool.caller_sleeps, 0);
        }
        left = atomic_load(&pool.gate);
    }
}

/// Runs the tasks from `first` on with the pool, whose turn the caller has.
static void share(int first, int tasks, int threads, void (*body)(void *, int), void *context) {
    start_threads(threads);
    pool.body = body;
    pool.context = context;
    pool.tasks = tasks;
    pool.active = threads - 1;
    atomic_store_explicit(&pool.next, first, memory_order_relaxed);
    atomic_store(&pool.gate, is_open);
    atomic_fetch_add(&pool.round, 1);
    if (atomic_load(&pool.sleepers) > 0) wake(&pool.round, pool.running);
    take_tasks();
    close_gate();
}

int steward_is_sharing(void) { return inside; }

void steward_parallel(int tasks, void (*body)(void *, int), void *context) {
    int threads = steward_threads(), alone = inside || threads <= 1;
    for (int task = 0; task < tasks; task++) {
        if (!alone && tasks - task > 1 && pthread_mutex_trylock(&pool.turn) == 0) {
            inside = 1;
            share(task, tasks, threads, body, context);
            inside = 0;
            pthread_mutex_unlock(&pool.turn);
            return;
        }
        body(context, task);
    }
}
