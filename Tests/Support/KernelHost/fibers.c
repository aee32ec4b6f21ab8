// Barriers of blocks of every size, and what a switch from fiber to fiber must leave as it was.
#include "host.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compute_fibers.h"
#include "compute_parallel.h"

// In registers-*.c: fills every register that a call preserves with values of its own, waits at a barrier of line 7, and
// returns how many of them have others then.
int host_changed_registers(unsigned long seed);
unsigned long host_float_control(void);
void host_set_float_control(unsigned long value);

static void run_kernel(const struct steward_kernel *kernel, unsigned grid, const unsigned block[3], unsigned shared,
                       void *const *arguments, int strict) {
    struct steward_run run = {
        .kernel = kernel, .arguments = arguments, .strict = strict,
        .launch = {{grid, 1, 1}, {block[0], block[1], block[2]}, shared}};
    int outcome = steward_run_grid(&run);
    EXPECT(outcome == steward_done, "outcome %d: %s", outcome, run.fault);
}

static unsigned number_of(const struct steward_launch *launch, const struct steward_place *place) {
    return (place->thread[2] * launch->block[1] + place->thread[1]) * launch->block[0] + place->thread[0];
}

static unsigned size_of(const struct steward_launch *launch) {
    return launch->block[0] * launch->block[1] * launch->block[2];
}

// Each thread tells its neighbour the number of the round, by shared memory between two barriers.
static void pass_around(const struct steward_launch *launch, const struct steward_place *place, void *const *arguments) {
    int rounds = *(int *)arguments[0];
    atomic_long *passed = *(atomic_long **)arguments[1];
    unsigned *cells = steward_block_memory(), size = size_of(launch), me = number_of(launch, place), wrong = 0;
    for (int round = 0; round < rounds; round++) {
        cells[me] = (unsigned)round * 7 + me;
        steward_barrier(steward_vote_none, 0, 1);
        unsigned next = (me + 1) % size;
        wrong += cells[next] != (unsigned)round * 7 + next;
        int odd = steward_barrier(steward_vote_count, me % 2, 2);
        wrong += odd != (int)(size / 2);
    }
    EXPECT(wrong == 0, "thread %u of %u was told wrong %u times", me, size, wrong);
    atomic_fetch_add(passed, rounds);
}

static void try_barriers(void) {
    static const unsigned sizes[][3] = {{1, 1, 1},   {2, 1, 1},   {31, 1, 1},  {32, 1, 1},  {33, 1, 1},  {8, 4, 2},
                                        {100, 1, 1}, {256, 1, 1}, {511, 1, 1}, {32, 32, 1}, {1024, 1, 1}};
    const struct steward_kernel kernel = {.name = "pass_around", .thread = pass_around};
    for (unsigned index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        unsigned threads = sizes[index][0] * sizes[index][1] * sizes[index][2];
        int rounds = threads > 256 ? 150 : 1500;
        atomic_long passed = 0, *place = &passed;
        void *arguments[] = {&rounds, &place};
        unsigned grid = index % 2 ? 9 : 1;
        steward_set_threads(1 + (int)index % 4);
        run_kernel(&kernel, grid, sizes[index], 4 * threads, arguments, 0);
        EXPECT(passed == (long)grid * rounds * threads, "%ld rounds with blocks of %u", passed, threads);
    }
}

// Barriers at every depth of a recursion, and what lies in the frames meanwhile.
static __attribute__((noinline)) unsigned dive(unsigned depth, unsigned me) {
    volatile unsigned kept[8];
    for (unsigned i = 0; i < 8; i++) kept[i] = me * 100 + depth + i;
    steward_barrier(steward_vote_none, 0, 3);
    unsigned wrong = depth > 0 ? dive(depth - 1, me) : 0;
    steward_barrier(steward_vote_none, 0, 4);
    for (unsigned i = 0; i < 8; i++) wrong += kept[i] != me * 100 + depth + i;
    return wrong;
}

static void dive_in(const struct steward_launch *launch, const struct steward_place *place, void *const *arguments) {
    (void)arguments;
    EXPECT(dive(100, number_of(launch, place)) == 0, "frames were changed");
}

static void keep_registers(const struct steward_launch *launch, const struct steward_place *place,
                           void *const *arguments) {
    (void)arguments;
    unsigned long seed = 0x5117000000000000ul + place->block[0] * 0x10000ul + number_of(launch, place) * 64ul;
    int changed = 0;
    for (int round = 0; round < 20; round++) changed += host_changed_registers(seed + (unsigned long)round * 0x100000000ul);
    EXPECT(changed == 0, "%d registers were changed over barriers", changed);
}

// The floating-point environment is the thread's: every fiber has the caller's, before and after a barrier.
static void keep_control(const struct steward_launch *launch, const struct steward_place *place,
                         void *const *arguments) {
    (void)launch, (void)place;
    unsigned long expected = *(unsigned long *)arguments[0];
    for (int round = 0; round < 3; round++) {
        EXPECT(host_float_control() == expected, "0x%lx, not 0x%lx", host_float_control(), expected);
        steward_barrier(steward_vote_none, 0, 5);
    }
}

static void try_control(void) {
    unsigned long usual = host_float_control();
#if defined(__aarch64__)
    unsigned long other = usual | 3ul << 22 | 1ul << 24;  // Rounds to zero, flushes to zero.
#else
    unsigned long other = usual | 3ul << 13 | 1ul << 15;
#endif
    const struct steward_kernel kernel = {.name = "keep_control", .thread = keep_control};
    host_set_float_control(other);
    void *arguments[] = {&other};
    run_kernel(&kernel, 2, (unsigned[]){70, 1, 1}, 0, arguments, 1);
    EXPECT(host_float_control() == other, "0x%lx after the launch, not 0x%lx", host_float_control(), other);
    host_set_float_control(usual);
}

struct wide {
    _Alignas(16) unsigned char bytes[48];
};

static __attribute__((noinline)) void fill_wide(struct wide *wide, int byte) { memset(wide, byte, sizeof *wide); }

static void stand_straight(const struct steward_launch *launch, const struct steward_place *place,
                           void *const *arguments) {
    (void)launch, (void)arguments;
    struct wide wide;
    fill_wide(&wide, (int)place->thread[0]);
    EXPECT((uintptr_t)__builtin_frame_address(0) % 16 == 0, "the frame is at %p", __builtin_frame_address(0));
    EXPECT((uintptr_t)&wide % 16 == 0, "a local variable is at %p", (void *)&wide);
    steward_barrier(steward_vote_none, 0, 6);
    EXPECT(wide.bytes[47] == (unsigned char)place->thread[0], "a local variable was changed");
    EXPECT(steward_on_fiber_stack(&wide), "%p is not on a fiber's stack", (void *)&wide);
}

void test_fibers(void) {
    const struct steward_kernel dives = {.name = "dive_in", .thread = dive_in};
    const struct steward_kernel registers = {.name = "keep_registers", .thread = keep_registers};
    const struct steward_kernel straight = {.name = "stand_straight", .thread = stand_straight};
    try_barriers();
    steward_set_threads(4);
    run_kernel(&dives, 11, (unsigned[]){96, 1, 1}, 0, NULL, 0);
    run_kernel(&registers, 13, (unsigned[]){50, 1, 1}, 0, NULL, 0);
    run_kernel(&straight, 8, (unsigned[]){1024, 1, 1}, 0, NULL, 0);
    try_control();
    int here = 0;
    EXPECT(!steward_on_fiber_stack(&here), "the caller's stack is taken for a fiber's");
    EXPECT(steward_running_thread() == -1, "thread %d runs after the launch", steward_running_thread());
}
