#define _GNU_SOURCE
#include "crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "switch.h"

// A guard page splits a mapping in two, and a process may have 65,530 of them. Pages are 4 to 64 KiB; with the guard's
// their number is odd, which spreads the stacks over the sets of the translation buffer.
enum { usable_stack = 256 << 10, cache_sets = 4096, most_guards = 16384 };

_Thread_local struct running steward_running;

static atomic_int guards;

static void unmap_stacks(struct steward_crew *crew) {
    if (crew->stacks) munmap(crew->stacks, (size_t)crew->room * crew->stack_size);
    atomic_fetch_sub(&guards, (int)crew->guarded);
    crew->stacks = NULL;
    crew->room = crew->guarded = 0;
}

static int map_stacks(struct steward_crew *crew, unsigned threads) {
    unmap_stacks(crew);
    crew->page = (size_t)sysconf(_SC_PAGESIZE);
    crew->stack_size = (usable_stack / crew->page + 1) * crew->page;
    void *stacks = mmap(NULL, (size_t)threads * crew->stack_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED) return 0;
    crew->stacks = stacks;
    crew->room = threads;
    for (; crew->guarded < threads; crew->guarded++) {
        int is_one_too_many = atomic_fetch_add(&guards, 1) >= most_guards;
        char *guard = crew->stacks + (size_t)crew->guarded * crew->stack_size;
        if (!is_one_too_many && mprotect(guard, crew->page, PROT_NONE) == 0) continue;
        atomic_fetch_sub(&guards, 1);
        break;
    }
    return 1;
}

static pthread_key_t owner;
static pthread_once_t owner_once = PTHREAD_ONCE_INIT;

static void release_memory(void *value) {
    struct running *running = value;
    if (running->spare) unmap_stacks(running->spare);
    free(running->spare);
    free(running->shared);
    *running = (struct running){0};
}

static void make_owner(void) { pthread_key_create(&owner, release_memory); }

void steward_own_memory(void) {
    if (steward_running.is_owned) return;
    pthread_once(&owner_once, make_owner);
    steward_running.is_owned = pthread_setspecific(owner, &steward_running) == 0;
}

struct steward_crew *steward_crew_for(unsigned threads) {
    struct steward_crew *crew = steward_running.spare;
    steward_own_memory();
    if (!crew) steward_running.spare = crew = calloc(1, sizeof *crew);
    if (!crew || threads > most_threads) return NULL;
    unsigned room = 64;
    while (room < threads) room *= 2;
    if (crew->room < threads && !map_stacks(crew, room)) return NULL;
    return crew;
}

int steward_on_fiber_stack(const void *address) {
    const struct steward_crew *crew = steward_running.crew;
    return crew && (const char *)address >= crew->stacks &&
           (const char *)address < crew->stacks + (size_t)crew->room * crew->stack_size;
}

int steward_running_thread(void) { return steward_running.crew ? (int)steward_running.crew->current : -1; }

unsigned steward_running_epoch(void) { return steward_running.crew ? steward_running.crew->epoch : 0; }

void steward_abandon(struct steward_crew *crew) {
    void *nowhere;
    steward_switch(&nowhere, crew->outside);
    abort();
}

// Adds "threads 0 to 31 wait at the barrier of line 12" for each group to the text.
static void describe_waiting(const struct steward_crew *crew, char *text, size_t size) {
    static const char *const what[] = {"not there yet", "waiting at the barrier of line", "waiting in the warp operation of line", "ended"};
    size_t used = 0;
    for (unsigned index = 0, groups = 0; index < crew->threads && groups < 6; groups++) {
        const struct fiber *first = &crew->fibers[index];
        unsigned begin = index;
        int placed = first->state == fiber_at_barrier || first->state == fiber_in_warp;
        while (index < crew->threads && crew->fibers[index].state == first->state &&
               (!placed || crew->fibers[index].line == first->line))
            index++;
        char who[48], line[16] = "";
        if (index - begin > 1) snprintf(who, sizeof who, "threads %u to %u", begin, index - 1);
        else snprintf(who, sizeof who, "thread %u", begin);
        if (placed) snprintf(line, sizeof line, " %d", first->line);
        int wrote = snprintf(text + used, size - used, "%s%s: %s%s", groups ? "; " : "", who, what[first->state], line);
        if (wrote < 0 || (size_t)wrote >= size - used) return;
        used += (size_t)wrote;
    }
}

static void stuck(struct steward_crew *crew) {
    char groups[700] = "";
    for (unsigned place = crew->head; place != crew->tail; place++)
        crew->fibers[crew->ready[place & (most_threads - 1)]].state = fiber_ready;
    describe_waiting(crew, groups, sizeof groups);
    const unsigned *block = crew->fibers[0].place.block;
    steward_note_fault(crew->run, "block (%u, %u, %u): not every thread reaches the same barrier (%s). Move the barrier "
                       "out of the branch, or let all threads take it.", block[0], block[1], block[2], groups);
    steward_abandon(crew);
}

void steward_yield(struct steward_crew *crew) {
    struct fiber *self = &crew->fibers[crew->current];
    if (crew->head == crew->tail) {
        if (crew->live == 0) steward_abandon(crew);
        if (!steward_warp_answer_active(crew)) stuck(crew);
    }
    crew->current = crew->ready[crew->head++ & (most_threads - 1)];
    struct fiber *next = &crew->fibers[crew->current];
    if (next != self) steward_switch(&self->stack, next->stack);
}

// All are there: who waited can run, in the order of arrival. Nobody else can run at this moment.
static void release(struct steward_crew *crew) {
    static const struct steward_watch none;
    const struct steward_watch *watch = crew->run->watch ? crew->run->watch : &none;
    crew->answer = crew->vote == steward_vote_and ? crew->votes == (int)crew->arrived
        : crew->vote == steward_vote_or ? crew->votes > 0 : crew->votes;
    unsigned short *queue = crew->ready;
    crew->ready = crew->waiting;
    crew->waiting = queue;
    crew->arrived = 0;
    crew->epoch++;
    if (watch->barrier) watch->barrier(watch->context, crew->line);
    if (steward_ended(crew->run)) steward_abandon(crew);
}

static void begin_barrier(struct steward_crew *crew, int vote, int line) {
    crew->line = line;
    crew->vote = vote;
    crew->votes = 0;
}

int steward_barrier(int vote, int predicate, int line) {
    struct steward_crew *crew = steward_running.crew;
    if (!crew) steward_no_crew(line);
    struct fiber *self = &crew->fibers[crew->current];
    if (crew->arrived == 0) begin_barrier(crew, vote, line);
    crew->votes += predicate != 0;
    self->line = line;
    self->state = fiber_at_barrier;
    if (crew->line != line || crew->vote != vote) stuck(crew);
    crew->waiting[crew->arrived++] = (unsigned short)crew->current;
    if (crew->arrived == crew->live) {
        if (crew->run->strict && crew->live != crew->threads) stuck(crew);
        unsigned others = crew->arrived - 1;
        release(crew);
        crew->head = 0;
        crew->tail = others;
        self->state = fiber_ready;
        return crew->answer;
    }
    steward_yield(crew);
    return crew->answer;
}

static void leave(struct steward_crew *crew) {
    unsigned index = crew->current;
    crew->fibers[index].state = fiber_done;
    crew->live--;
    steward_warp_leave(crew, index);
    if (crew->arrived > 0 && crew->arrived == crew->live) {
        if (crew->run->strict) stuck(crew);
        unsigned waiting = crew->arrived;
        release(crew);
        crew->head = 0;
        crew->tail = waiting;
    }
}

static void fiber_entry(void) {
    struct steward_crew *crew = steward_running.crew;
    struct steward_run *run = crew->run;
    run->kernel->thread(&run->launch, &crew->fibers[crew->current].place, run->arguments);
    leave(crew);
    steward_yield(crew);
    abort();
}

static void set_places(struct steward_crew *crew, const unsigned block[3]) {
    const unsigned *size = crew->run->launch.block;
    struct fiber *fiber = crew->fibers;
    for (unsigned z = 0; z < size[2]; z++)
        for (unsigned y = 0; y < size[1]; y++)
            for (unsigned x = 0; x < size[0]; x++, fiber++)
                fiber->place = (struct steward_place){{x, y, z}, {block[0], block[1], block[2]}};
}

void steward_crew_run(struct steward_crew *crew, struct steward_run *run, const unsigned block[3]) {
    const unsigned *size = run->launch.block;
    crew->run = run;
    crew->threads = crew->live = size[0] * size[1] * size[2];
    crew->arrived = crew->epoch = crew->head = 0;
    crew->tail = crew->threads;
    crew->ready = crew->queues[0];
    crew->waiting = crew->queues[1];
    set_places(crew, block);
    for (unsigned index = 0; index < crew->threads; index++) {
        // The tops of the stacks are spread over the sets of the first-level cache.
        char *top = crew->stacks + (size_t)(index + 1) * crew->stack_size - (index * 192 & (cache_sets - 1));
        crew->fibers[index].stack = steward_prepare(top, fiber_entry);
        crew->fibers[index].state = fiber_ready;
        crew->ready[index] = (unsigned short)index;
    }
    for (unsigned warp = 0; warp * lanes < crew->threads; warp++) {
        unsigned count = crew->threads - warp * lanes;
        crew->warps[warp] = (struct warp){count >= lanes ? ~0u : (1u << count) - 1, 0};
    }
    steward_running.crew = crew;
    crew->current = crew->ready[crew->head++];
    steward_switch(&crew->outside, crew->fibers[crew->current].stack);
    steward_running.crew = NULL;
}
