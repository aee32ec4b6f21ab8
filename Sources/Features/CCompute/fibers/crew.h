#ifndef STEWARD_FIBERS_CREW_H
#define STEWARD_FIBERS_CREW_H

#include <setjmp.h>

#include "compute_fibers.h"

enum { most_threads = 1024, lanes = 32 };

enum state { fiber_ready, fiber_at_barrier, fiber_in_warp, fiber_done };

struct fiber {
    void *stack;
    struct steward_place place;
    enum state state;
    int line;
    // A warp operation: what the lane brings, then what it gets.
    int operation, operand, width;
    unsigned mask;
    unsigned long long value;
};

struct warp {
    unsigned live, arrived;
};

struct steward_crew {
    void *outside;
    struct steward_run *run;
    unsigned threads, live, current;
    // The barrier that threads arrive at: how many, where, and what they vote.
    unsigned arrived, epoch;
    int line, vote, votes, answer;
    // Fibers that can run, a ring; and those at the barrier, in the order of their arrival.
    unsigned head, tail;
    unsigned short *ready, *waiting;
    unsigned short queues[2][most_threads];
    struct warp warps[most_threads / lanes];
    // Stacks that are mapped, one beside the other, of this size with the guard page at their low end; and how many
    // of them have one.
    unsigned room, guarded;
    size_t page, stack_size;
    char *stacks;
    struct fiber fibers[most_threads];
};

// What the calling thread of the system runs; what it keeps for the next block goes with it.
struct running {
    struct steward_run *run;
    struct steward_crew *crew;
    jmp_buf *way_out;
    void *shared;
    size_t shared_size;
    struct steward_crew *spare;
    int is_owned;
};

extern _Thread_local struct running steward_running;

// Has what the calling thread keeps given back when it ends.
void steward_own_memory(void);

// Notes the first fault of a launch: a sentence after the kernel's name.
void steward_note_fault(struct steward_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Whether the launch was asked to stop, or another thread has met a fault.
int steward_ended(struct steward_run *run);

// Leaves the fiber that runs for the next that can; never returns to one that is done.
void steward_yield(struct steward_crew *crew);

// A barrier or warp operation of a kernel that runs without fibers, since its source shows none.
void steward_no_crew(int line) __attribute__((noreturn));

// Leaves all fibers of the block.
void steward_abandon(struct steward_crew *crew) __attribute__((noreturn));

// Makes a fiber able to run.
static inline void make_ready(struct steward_crew *crew, unsigned index) {
    crew->fibers[index].state = fiber_ready;
    crew->ready[crew->tail++ & (most_threads - 1)] = (unsigned short)index;
}

unsigned long long steward_warp_meet(int operation, unsigned mask, unsigned long long value, int operand, int width,
                                     int line);

// A lane has exited: what the others of its warp wait for may be complete now.
void steward_warp_leave(struct steward_crew *crew, unsigned index);

// Lets those go on that asked which lanes are active, when nothing else can run. Returns whether there were any.
int steward_warp_answer_active(struct steward_crew *crew);

#endif
