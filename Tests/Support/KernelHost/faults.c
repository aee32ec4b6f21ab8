// What goes wrong in a block: told with its place, never a hang, and nothing after it suffers.
#include "host.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compute_fibers.h"
#include "compute_parallel.h"

static void expect_fault(const char *name, void (*thread)(const struct steward_launch *, const struct steward_place *,
                                                          void *const *), unsigned grid, unsigned block, int strict,
                         const char *const *words) {
    const struct steward_kernel kernel = {.name = name, .thread = thread};
    struct steward_run run = {.kernel = &kernel, .strict = strict, .launch = {{grid, 1, 1}, {block, 1, 1}, 0}};
    int outcome = steward_run_grid(&run);
    EXPECT(outcome == steward_faulted, "%s: outcome %d", name, outcome);
    for (; *words; words++) EXPECT(strstr(run.fault, *words), "%s: '%s' is not in '%s'", name, *words, run.fault);
}

static void part(const struct steward_launch *launch, const struct steward_place *place, void *const *arguments) {
    (void)launch, (void)arguments;
    for (int round = 0; round < 50; round++) steward_barrier(steward_vote_none, 0, 10);
    if (place->block[0] != 5) return;
    if (place->thread[0] < 32) steward_barrier(steward_vote_none, 0, 11);
    else steward_barrier(steward_vote_none, 0, 12);
}

static void leave_early(const struct steward_launch *launch, const struct steward_place *place,
                        void *const *arguments) {
    (void)launch, (void)arguments;
    if (place->thread[0] < 5) steward_barrier(steward_vote_none, 0, 13);
}

static void waits_for_good(const struct steward_launch *launch, const struct steward_place *place,
                           void *const *arguments) {
    (void)launch, (void)place;
    while (**(volatile int **)arguments[0]) steward_barrier(steward_vote_none, 0, 14);
}

static void try_stop(void) {
    int forever = 1, *place = &forever, stop = 1;
    void *arguments[] = {&place};
    const struct steward_kernel kernel = {.name = "waits_for_good", .thread = waits_for_good};
    struct steward_run run = {.kernel = &kernel, .arguments = arguments, .stop = &stop, .launch = {{4, 1, 1}, {32, 1, 1}, 0}};
    EXPECT(steward_run_grid(&run) == steward_stopped, "outcome %d", run.outcome);
}

// Where the kernel's thread began to write downwards, and how far that may go: one stack, on pages of any size.
static uintptr_t top;
enum { most_depth = 5 << 20, at_guard = 42, elsewhere = 43 };

static void at_fault(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    uintptr_t depth = top - (uintptr_t)info->si_addr;
    _exit(depth > 100000 && depth < 800000 ? at_guard : elsewhere);
}

static void write_down(const struct steward_launch *launch, const struct steward_place *place,
                       void *const *arguments) {
    (void)launch, (void)arguments;
    steward_barrier(steward_vote_none, 0, 15);
    if (place->thread[0] != 40) return;
    volatile char here = 1;
    top = (uintptr_t)&here;
    for (uintptr_t depth = 0; depth < most_depth; depth += 512) *(volatile char *)(top - depth) = 1;
}

// A stack that runs over meets its guard and not its neighbour.
static void try_guard(void) {
    pid_t child = fork();
    if (child == 0) {
        static _Alignas(16) char other_stack[1 << 16];
        sigaltstack(&(stack_t){.ss_sp = other_stack, .ss_size = sizeof other_stack}, NULL);
        struct sigaction action = {.sa_sigaction = at_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigaction(SIGSEGV, &action, NULL);
        const struct steward_kernel kernel = {.name = "write_down", .thread = write_down};
        struct steward_run run = {.kernel = &kernel, .strict = 1, .launch = {{1, 1, 1}, {64, 1, 1}, 0}};
        steward_run_grid(&run);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == at_guard, "status 0x%x: the guard page was not met", status);
}

void test_faults(void) {
    for (int threads = 1; threads <= 4; threads += 3) {
        steward_set_threads(threads);
        expect_fault("part", part, 9, 64, 0,
                     (const char *const[]){"part: block (5, 0, 0): not every thread reaches the same barrier",
                                           "to 31: waiting at the barrier of line 11",
                                           "thread 32: waiting at the barrier of line 12",
                                           "threads 33 to 63: not there yet", NULL});
        expect_fault("leave_early", leave_early, 3, 8, 1,
                     (const char *const[]){"threads 0 to 4: waiting at the barrier of line 13",
                                           "threads 5 to 7: ended", NULL});
        const struct steward_kernel kernel = {.name = "leave_early", .thread = leave_early};
        struct steward_run run = {.kernel = &kernel, .launch = {{3, 1, 1}, {8, 1, 1}, 0}};
        EXPECT(steward_run_grid(&run) == steward_done, "who has ended is waited for: %s", run.fault);
        try_stop();
    }
    try_guard();
}
