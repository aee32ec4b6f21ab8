#define _GNU_SOURCE
#include "compute_parallel.h"
#include "crew.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int steward_allowed_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set) < 1 ? 1 : CPU_COUNT(&set);
}

int steward_private_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

void steward_set_flag(int *flag, int value) { __atomic_store_n(flag, value, __ATOMIC_RELAXED); }

int steward_ended(struct steward_run *run) {
    if (run->stop && __atomic_load_n(run->stop, __ATOMIC_RELAXED)) {
        int running = steward_done;
        __atomic_compare_exchange_n(&run->outcome, &running, steward_stopped, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&run->outcome, __ATOMIC_RELAXED) != steward_done;
}

void steward_note_fault(struct steward_run *run, const char *format, ...) {
    int running = steward_done;
    if (!__atomic_compare_exchange_n(&run->outcome, &running, steward_faulted, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return;
    int used = snprintf(run->fault, sizeof run->fault, "%s: ", run->kernel->name);
    if (used < 0 || (size_t)used >= sizeof run->fault) return;
    va_list list;
    va_start(list, format);
    vsnprintf(run->fault + used, sizeof run->fault - (size_t)used, format, list);
    va_end(list);
}

void *steward_block_memory(void) { return steward_running.shared; }

static const struct steward_place *place(void) {
    static const struct steward_place origin;
    struct steward_crew *crew = steward_running.crew;
    return crew ? &crew->fibers[crew->current].place : &origin;
}

static void print(const char *text, unsigned long long length) {
    struct steward_run *run = steward_running.run;
    if (run && run->printer)
        run->printer(run->printer_context, text, (size_t)length);
    else
        fwrite(text, 1, (size_t)length, stdout);
}

static void fault(const char *message, int line) {
    struct steward_run *run = steward_running.run;
    struct steward_crew *crew = steward_running.crew;
    if (!run) abort();
    if (crew) {
        const struct steward_place *at = &crew->fibers[crew->current].place;
        steward_note_fault(run, "line %d: %s, in block (%u, %u, %u), thread (%u, %u, %u).", line, message, at->block[0],
                           at->block[1], at->block[2], at->thread[0], at->thread[1], at->thread[2]);
        steward_abandon(crew);
    }
    steward_note_fault(run, "line %d: %s.", line, message);
    longjmp(*steward_running.way_out, 1);
}

void steward_no_crew(int line) {
    fault("a barrier or warp operation was not seen in the source; call it by its own name in the kernel or in a "
          "function that the kernel names", line);
    abort();
}

void steward_connect(const struct steward_module *module) {
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&turn);
    // An object that is opened twice, perhaps by two threads at a time, is one object, and may be running under a
    // check's own callbacks.
    if (!module->host->place)
        *module->host = (struct steward_host){
            .shared = steward_block_memory, .place = place, .barrier = steward_barrier, .warp = steward_warp_meet,
            .print = print, .fault = fault};
    pthread_mutex_unlock(&turn);
}

// Dynamic shared memory of one block, 128-byte aligned, kept in the thread for the next launch.
static int reserve_shared(unsigned size) {
    if (steward_running.shared_size >= size && steward_running.shared) return 1;
    steward_own_memory();
    free(steward_running.shared);
    steward_running.shared = NULL;
    steward_running.shared_size = 0;
    if (posix_memalign(&steward_running.shared, 128, size < 4096 ? 4096 : size) != 0) return 0;
    steward_running.shared_size = size < 4096 ? 4096 : size;
    return 1;
}

static void block_at(const struct steward_launch *launch, unsigned long long number, unsigned block[3]) {
    unsigned long long row = number / launch->grid[0];
    block[0] = (unsigned)(number % launch->grid[0]);
    block[1] = (unsigned)(row % launch->grid[1]);
    block[2] = (unsigned)(row / launch->grid[1]);
}

static void run_on_fibers(struct steward_run *run, unsigned long long first, unsigned long long last) {
    const unsigned *size = run->launch.block;
    const struct steward_watch *watch = run->watch;
    struct steward_crew *crew = steward_crew_for(size[0] * size[1] * size[2]);
    if (!crew) {
        steward_note_fault(run, "no memory for the stacks of %u threads.", size[0] * size[1] * size[2]);
        return;
    }
    for (; first < last && !steward_ended(run); first++) {
        unsigned block[3];
        block_at(&run->launch, first, block);
        if (watch && watch->block_begins) watch->block_begins(watch->context, block);
        steward_crew_run(crew, run, block);
        if (watch && watch->block_ends) watch->block_ends(watch->context, block);
    }
}

// Some 16,000 threads at a time, so that a launch can be stopped.
static void run_in_loops(struct steward_run *run, unsigned long long first, unsigned long long last) {
    const unsigned *size = run->launch.block;
    unsigned long long step = 16384 / (size[0] * size[1] * size[2]);
    if (step == 0) step = 1;
    jmp_buf way_out;
    steward_running.way_out = &way_out;
    if (setjmp(way_out) != 0) return;
    for (; first < last && !steward_ended(run); first += step)
        run->kernel->blocks(&run->launch, first, first + step < last ? first + step : last, run->arguments);
}

struct shares {
    struct steward_run *run;
    unsigned long long blocks;
    int tasks;
};

static void run_share(void *context, int task) {
    const struct shares *shares = context;
    struct steward_run *run = shares->run;
    unsigned long long each = shares->blocks / (unsigned)shares->tasks, rest = shares->blocks % (unsigned)shares->tasks;
    unsigned long long number = (unsigned)task, first = each * number + (number < rest ? number : rest);
    unsigned long long last = first + each + (number < rest);
    if (!reserve_shared(run->launch.shared)) {
        steward_note_fault(run, "no memory for %u bytes of shared memory.", run->launch.shared);
        return;
    }
    steward_running.run = run;
    if (run->kernel->blocks)
        run_in_loops(run, first, last);
    else
        run_on_fibers(run, first, last);
    steward_running.run = NULL;
}

int steward_run_grid(struct steward_run *run) {
    const unsigned *grid = run->launch.grid;
    unsigned long long blocks = (unsigned long long)grid[0] * grid[1] * grid[2];
    // Few and large shares: what neighbours touch lies side by side, which grid-stride loops need.
    unsigned long long most = run->strict ? 1 : (unsigned long long)steward_threads() * 4;
    struct shares shares = {run, blocks, (int)(blocks < most ? blocks : most)};
    run->outcome = steward_done;
    steward_parallel(shares.tasks, run_share, &shares);
    return run->outcome;
}
