#define _GNU_SOURCE
#include "calls.h"
#include "numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define NEW_NAMESPACES                                                                                            \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* Requests that put words into a terminal's input or change what a line is read by. */
static const uint32_t terminal_requests[] = {0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */, 0x5423 /* TIOCSETD */};

/* Of the groups of requests on files ('f', 'X', 'v' and btrfs) these read only, or need a descriptor open for writing. */
static const uint32_t harmless_requests[] = {
    0x80086601 /* FS_IOC_GETFLAGS */, 0xc020660b /* FS_IOC_FIEMAP */,   0x801c581f /* FS_IOC_FSGETXATTR */,
    0x40049409 /* FICLONE */,         0x4020940d /* FICLONERANGE */,    0xc0189436 /* FIDEDUPERANGE */,
};

static const uint32_t groups_on_files[] = {'f' << 8, 'X' << 8, 'v' << 8, 0x94 << 8};

struct checks {
  struct call_rules *rules;
  struct assembler *out;
  place allow, refuse;
};

size_t argument_low(unsigned index) {
  return offsetof(struct seccomp_data, args) + index * sizeof(uint64_t) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);
}

/* Equal to one of the values: `then`. */
static place if_any(struct assembler *out, const uint32_t *values, size_t count, place then, place otherwise) {
  place next = otherwise;
  for (size_t i = 0; i < count; i++) next = bpf_branch(out, BPF_JEQ, values[i], then, next);
  return next;
}

/* Allowed if the argument is `value`. */
static void only_with(struct checks *c, unsigned number, unsigned index, uint32_t value) {
  place test = bpf_branch(c->out, BPF_JEQ, value, c->allow, c->refuse);
  call_rule_add(c->rules, number, bpf_load(c->out, argument_low(index), test));
}

/* Allowed if the first argument names a process and the second is the caller. */
static void only_on_oneself(struct checks *c, unsigned number, uint32_t kind_process) {
  place who = bpf_load(c->out, argument_low(1), bpf_branch(c->out, BPF_JEQ, 0, c->allow, c->refuse));
  place kind = bpf_branch(c->out, BPF_JEQ, kind_process, who, c->refuse);
  call_rule_add(c->rules, number, bpf_load(c->out, argument_low(0), kind));
}

static void check_clone(struct checks *c) {
  place test = bpf_branch(c->out, BPF_JSET, NEW_NAMESPACES, c->refuse, c->allow);
  call_rule_add(c->rules, SYS_clone, bpf_load(c->out, argument_low(0), test));
  /* Its flags lie in memory, where a filter can't look; the C library then uses clone. */
  call_rule_add(c->rules, CALL_clone3, bpf_return(c->out, SECCOMP_RET_ERRNO | ENOSYS));
}

static void check_personality(struct checks *c) {
  static const uint32_t plain[] = {0, 0xffffffff};
  place test = if_any(c->out, plain, COUNT(plain), c->allow, c->refuse);
  call_rule_add(c->rules, SYS_personality, bpf_load(c->out, argument_low(0), test));
}

static void check_device_making(struct checks *c, unsigned number, unsigned index) {
  static const uint32_t devices[] = {S_IFCHR, S_IFBLK};
  place test = bpf_mask(c->out, S_IFMT, if_any(c->out, devices, COUNT(devices), c->refuse, c->allow));
  call_rule_add(c->rules, number, bpf_load(c->out, argument_low(index), test));
}

static void check_ioctl(struct checks *c, int same_user) {
  place next = c->allow;
  if (same_user) {
    /* They change a file's attributes through a descriptor that was opened for reading. */
    place groups = if_any(c->out, groups_on_files, COUNT(groups_on_files), c->refuse, c->allow);
    next = if_any(c->out, harmless_requests, COUNT(harmless_requests), c->allow, bpf_mask(c->out, 0xff00, groups));
  }
  next = if_any(c->out, terminal_requests, COUNT(terminal_requests), c->refuse, next);
  call_rule_add(c->rules, SYS_ioctl, bpf_load(c->out, argument_low(1), next));
}

/* Before version 3 Landlock doesn't cover truncation. */
static void check_truncation(struct checks *c) {
  call_rule_add(c->rules, SYS_truncate, c->refuse);
  call_rule_add(c->rules, CALL_openat2, bpf_return(c->out, SECCOMP_RET_ERRNO | ENOSYS));
  for (unsigned index = 1; index <= 2; index++) {
    place flags = bpf_branch(c->out, BPF_JEQ, O_TRUNC | O_RDONLY, c->refuse, c->allow);
    flags = bpf_load(c->out, argument_low(index), bpf_mask(c->out, O_TRUNC | O_ACCMODE, flags));
    if (index == 2) call_rule_add(c->rules, SYS_openat, flags);
#if defined(__x86_64__)
    if (index == 1) call_rule_add(c->rules, SYS_open, flags);
#endif
  }
}

void call_checks_make(struct call_rules *rules, const struct csandbox_calls *calls, struct assembler *out, place allow) {
  struct checks c = {.rules = rules, .out = out, .allow = allow, .refuse = bpf_return(out, SECCOMP_RET_ERRNO | EPERM)};
  check_clone(&c);
  check_personality(&c);
  check_device_making(&c, SYS_mknodat, 2);
#if defined(__x86_64__)
  check_device_making(&c, SYS_mknod, 1);
#endif
  check_ioctl(&c, calls->same_user);
  only_with(&c, SYS_prlimit64, 0, 0);
  only_on_oneself(&c, SYS_setpriority, 0 /* PRIO_PROCESS */);
  only_on_oneself(&c, SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */);
  if (calls->same_user) {
    /* By number a thread of one's own and one of the server's look alike. */
    only_with(&c, SYS_sched_setscheduler, 0, 0);
    only_with(&c, SYS_sched_setparam, 0, 0);
    only_with(&c, SYS_sched_setaffinity, 0, 0);
    only_with(&c, SYS_sched_setattr, 0, 0);
  }
  if (calls->landlock < 3) check_truncation(&c);
}
