#include "crew.h"

static unsigned source_lane(const struct fiber *lane, unsigned number) {
    // PTX ISA, "shfl.sync": c gives the segment, and what lies outside it reads the lane's own value.
    unsigned width = lane->width < 1 || lane->width > lanes ? lanes : (unsigned)lane->width;
    unsigned first = number & ~(width - 1), last = first | (width - 1), operand = (unsigned)lane->operand;
    switch (lane->operation) {
    case steward_warp_shuffle: return first | (operand & (width - 1));
    case steward_warp_up: return operand > number - first ? number : number - operand;
    case steward_warp_down: return operand > last - number ? number : number + operand;
    default: return (number ^ operand) > last ? number : number ^ operand;
    }
}

static void shuffle(struct fiber *first, unsigned met) {
    unsigned long long values[lanes];
    for (unsigned lane = 0; lane < lanes; lane++)
        if (met >> lane & 1) values[lane] = first[lane].value;
    for (unsigned lane = 0; lane < lanes; lane++) {
        if (!(met >> lane & 1)) continue;
        unsigned source = source_lane(&first[lane], lane);
        if (met >> source & 1) first[lane].value = values[source];
    }
}

static unsigned equals(const struct fiber *first, unsigned met, unsigned long long value) {
    unsigned equal = 0;
    for (unsigned lane = 0; lane < lanes; lane++)
        if (met >> lane & 1 && first[lane].value == value) equal |= 1u << lane;
    return equal;
}

static void match_any(struct fiber *first, unsigned met) {
    unsigned found[lanes];
    for (unsigned lane = 0; lane < lanes; lane++)
        if (met >> lane & 1) found[lane] = equals(first, met, first[lane].value);
    for (unsigned lane = 0; lane < lanes; lane++)
        if (met >> lane & 1) first[lane].value = found[lane];
}

static unsigned long long combine(int operation, unsigned long long a, unsigned long long b) {
    switch (operation) {
    case steward_warp_add: return a + b;
    case steward_warp_min: return (long long)a < (long long)b ? a : b;
    case steward_warp_max: return (long long)a > (long long)b ? a : b;
    case steward_warp_and: return a & b;
    case steward_warp_or: return a | b;
    default: return a ^ b;
    }
}

// The answer that all lanes share.
static unsigned long long common_answer(int operation, const struct fiber *first, unsigned met) {
    unsigned leader = (unsigned)__builtin_ctz(met);
    unsigned long long answer = first[leader].value;
    if (operation == steward_warp_match_all) return equals(first, met, answer) == met ? met : 0;
    if (operation == steward_warp_active) return met;
    if (operation == steward_warp_ballot) return met & ~equals(first, met, 0);
    for (unsigned lane = leader + 1; lane < lanes; lane++)
        if (met >> lane & 1) answer = combine(operation, answer, first[lane].value);
    return answer;
}

static void compute(int operation, struct fiber *first, unsigned met) {
    switch (operation) {
    case steward_warp_sync: return;
    case steward_warp_shuffle:
    case steward_warp_up:
    case steward_warp_down:
    case steward_warp_xor: shuffle(first, met); return;
    case steward_warp_match_any: match_any(first, met); return;
    default: break;
    }
    unsigned long long answer = common_answer(operation, first, met);
    for (unsigned lane = 0; lane < lanes; lane++)
        if (met >> lane & 1) first[lane].value = answer;
}

static void complete(struct steward_crew *crew, unsigned warp, unsigned met, unsigned self) {
    struct fiber *first = &crew->fibers[warp * lanes];
    const struct steward_watch *watch = crew->run->watch;
    int line = first[__builtin_ctz(met)].line;
    compute(first[__builtin_ctz(met)].operation, first, met);
    crew->warps[warp].arrived &= ~met;
    for (unsigned lane = 0; lane < lanes; lane++)
        if (met >> lane & 1 && warp * lanes + lane != self) make_ready(crew, warp * lanes + lane);
    if (watch && watch->warp) watch->warp(watch->context, warp, met, line);
}

// The lanes that have met with this one, when all that its mask names (and have not exited) are there; else 0.
static unsigned meeting(const struct steward_crew *crew, unsigned warp, const struct fiber *lane) {
    const struct fiber *first = &crew->fibers[warp * lanes];
    unsigned needed = lane->mask & crew->warps[warp].live;
    if ((crew->warps[warp].arrived & needed) != needed) return 0;
    for (unsigned rest = needed; rest; rest &= rest - 1) {
        const struct fiber *other = &first[__builtin_ctz(rest)];
        if (other->mask != lane->mask || other->operation != lane->operation) return 0;
    }
    return needed;
}

unsigned long long steward_warp_meet(int operation, unsigned mask, unsigned long long value, int operand, int width,
                                     int line) {
    struct steward_crew *crew = steward_running.crew;
    if (!crew) steward_no_crew(line);
    unsigned index = crew->current, warp = index / lanes, lane = index % lanes;
    struct fiber *self = &crew->fibers[index];
    if (!(mask >> lane & 1)) {
        steward_note_fault(crew->run, "line %d: lane %u of a warp (thread %u of its block) is not in the mask 0x%08x that "
                           "it gives; name every lane that calls.", line, lane, index, mask);
        steward_abandon(crew);
    }
    self->operation = operation;
    self->mask = mask;
    self->value = value;
    self->operand = operand;
    self->width = width;
    self->line = line;
    crew->warps[warp].arrived |= 1u << lane;
    unsigned met = operation == steward_warp_active ? 0 : meeting(crew, warp, self);
    if (met) {
        complete(crew, warp, met, index);
    } else {
        self->state = fiber_in_warp;
        steward_yield(crew);
    }
    return self->value;
}

void steward_warp_leave(struct steward_crew *crew, unsigned index) {
    unsigned warp = index / lanes;
    crew->warps[warp].live &= ~(1u << index % lanes);
    for (unsigned rest = crew->warps[warp].arrived; rest; rest &= rest - 1) {
        const struct fiber *lane = &crew->fibers[warp * lanes + (unsigned)__builtin_ctz(rest)];
        if (lane->state != fiber_in_warp || lane->operation == steward_warp_active) continue;
        unsigned met = meeting(crew, warp, lane);
        if (met) complete(crew, warp, met, index);
    }
}

int steward_warp_answer_active(struct steward_crew *crew) {
    for (unsigned warp = 0; warp * lanes < crew->threads; warp++) {
        struct fiber *first = &crew->fibers[warp * lanes];
        unsigned asking = 0;
        int line = 0;
        for (unsigned rest = crew->warps[warp].arrived; rest; rest &= rest - 1) {
            unsigned lane = (unsigned)__builtin_ctz(rest);
            if (first[lane].operation != steward_warp_active || (asking && first[lane].line != line)) continue;
            line = first[lane].line;
            asking |= 1u << lane;
        }
        if (!asking) continue;
        complete(crew, warp, asking, most_threads);
        return 1;
    }
    return 0;
}
