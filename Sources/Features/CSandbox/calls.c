#define _GNU_SOURCE
#include "assembler.h"
#include "calls.h"
#include "csandbox.h"
#include "numbers.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

/* Calls from `first` on, up to the next range's, go to `to`. */
struct range {
  unsigned first;
  place to;
};

#define RANGES_LIMIT 1024

struct ranges {
  struct range list[RANGES_LIMIT];
  size_t count;
};

/* Adds a range unless it says what the one before says. */
static void append(struct ranges *ranges, unsigned first, place to) {
  struct range *last = ranges->count ? &ranges->list[ranges->count - 1] : NULL;
  if (last && last->first == first) {
    last->to = to;
    if (ranges->count > 1 && last[-1].to == to) ranges->count--;
  } else if ((!last || last->to != to) && ranges->count < RANGES_LIMIT) {
    ranges->list[ranges->count++] = (struct range){first, to};
  }
}

static int by_number(const void *left, const void *right) {
  const struct call_rule *a = left, *b = right;
  return a->number < b->number ? -1 : a->number > b->number;
}

/* A binary search over the ranges: as few comparisons for one call as for another. */
static place search(struct assembler *out, const struct range *ranges, size_t count) {
  if (count == 1) return ranges[0].to;
  size_t middle = count / 2;
  place upper = search(out, ranges + middle, count - middle);
  place lower = search(out, ranges, middle);
  return bpf_branch(out, BPF_JGE, ranges[middle].first, upper, lower);
}

size_t csandbox_calls_program(const struct csandbox_calls *calls, struct sock_filter *program, size_t capacity) {
  struct assembler out = {.code = program, .start = capacity};
  struct call_rules rules = {.count = 0};
  struct ranges ranges = {.count = 0};
  place allow = bpf_return(&out, SECCOMP_RET_ALLOW);
  place unknown = bpf_return(&out, SECCOMP_RET_ERRNO | ENOSYS);
  place kill = bpf_return(&out, SECCOMP_RET_KILL_PROCESS);
  call_rules_make(&rules, calls, &out, allow);
  qsort(rules.list, rules.count, sizeof *rules.list, by_number);

  append(&ranges, 0, allow);
  for (size_t i = 0; i < rules.count; i++) {
    append(&ranges, rules.list[i].number, rules.list[i].to);
    append(&ranges, rules.list[i].number + 1, allow);
  }
  append(&ranges, LAST_KNOWN_CALL + 1, unknown);
  place start = search(&out, ranges.list, ranges.count);
#if defined(__x86_64__)
  /* The x32 ABI: other numbers for the same calls. */
  start = bpf_branch(&out, BPF_JSET, 0x40000000, kill, start);
#endif
  start = bpf_load(&out, offsetof(struct seccomp_data, nr), start);
  start = bpf_branch(&out, BPF_JEQ, SANDBOX_ARCHITECTURE, start, kill);
  start = bpf_load(&out, offsetof(struct seccomp_data, arch), start);
  if (out.overflow || rules.count == RULES_LIMIT || ranges.count == RANGES_LIMIT) return 0;
  memmove(program, program + start, (capacity - start) * sizeof *program);
  return capacity - start;
}
