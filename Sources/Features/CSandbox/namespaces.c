#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
  uint32_t bit;
  unsigned long flag;
  const char *name;
} kinds[] = {
    {CSANDBOX_NAMESPACE_USER, CLONE_NEWUSER, "user"}, {CSANDBOX_NAMESPACE_MOUNT, CLONE_NEWNS, "mount"},
    {CSANDBOX_NAMESPACE_PID, CLONE_NEWPID, "pid"},    {CSANDBOX_NAMESPACE_NET, CLONE_NEWNET, "net"},
    {CSANDBOX_NAMESPACE_IPC, CLONE_NEWIPC, "ipc"},
};
static const size_t kind_count = sizeof kinds / sizeof kinds[0];

static unsigned long flags_of(uint32_t bits) {
  unsigned long flags = 0;
  for (size_t i = 0; i < kind_count; i++)
    if (bits & kinds[i].bit) flags |= kinds[i].flag;
  return flags;
}

/* As fork(2) does it, with namespaces. The child must not use threads or raise(3): the C library wasn't told of it. */
static pid_t raw_fork(uint32_t bits) { return (pid_t)syscall(SYS_clone, flags_of(bits) | SIGCHLD, 0, 0, 0, 0); }

static int has_capability(int which) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return data[which / 32].effective >> (which % 32) & 1;
}

static int can_make(uint32_t bits) {
  pid_t pid = raw_fork(bits);
  if (pid < 0) return 0;
  if (pid == 0) _exit(0);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  return 1;
}

static int write_file(pid_t pid, const char *name, const char *text, size_t length) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t written = write(file, text, length);
  int error = errno;
  close(file);
  errno = error;
  return written == (ssize_t)length ? 0 : -1;
}

/* Every number that this process has, to itself: what a server needs that changes its children's user. */
static int map_all(pid_t pid, const char *name) {
  char own[64], text[2048];
  size_t length = 0;
  snprintf(own, sizeof own, "/proc/self/%s", name);
  FILE *lines = fopen(own, "re");
  if (!lines) return -1;
  unsigned long first, outside, count;
  while (length < sizeof text - 64 && fscanf(lines, "%lu %lu %lu", &first, &outside, &count) == 3)
    length += (size_t)snprintf(text + length, sizeof text - length, "%lu %lu %lu\n", first, first, count);
  fclose(lines);
  return write_file(pid, name, text, length);
}

static int map_one(pid_t pid, const char *name, unsigned number) {
  char text[64];
  int length = snprintf(text, sizeof text, "%u %u 1\n", number, number);
  return write_file(pid, name, text, (size_t)length);
}

static int map_users(pid_t pid) {
  if (has_capability(CAP_SETUID) && has_capability(CAP_SETGID))
    return map_all(pid, "uid_map") == 0 && map_all(pid, "gid_map") == 0 ? 0 : -1;
  if (write_file(pid, "setgroups", "deny", 4) != 0 && errno != ENOENT) return -1;
  return map_one(pid, "gid_map", getegid()) == 0 && map_one(pid, "uid_map", geteuid()) == 0 ? 0 : -1;
}

/* What of `wanted` the machine lets be made, with the reason for the first that it doesn't. */
static uint32_t choose(uint32_t wanted, struct csandbox_spaces *spaces) {
  uint32_t chosen = 0;
  if (!has_capability(CAP_SYS_ADMIN)) {
    if (!(wanted & CSANDBOX_NAMESPACE_USER) || !can_make(CSANDBOX_NAMESPACE_USER)) {
      int error = wanted & CSANDBOX_NAMESPACE_USER ? errno : EPERM;
      snprintf(spaces->why, sizeof spaces->why, "user namespace: %s", strerror(error));
      return 0;
    }
    chosen = CSANDBOX_NAMESPACE_USER;
  }
  for (size_t i = 1; i < kind_count; i++) {
    if (!(wanted & kinds[i].bit)) continue;
    if (can_make(chosen | kinds[i].bit))
      chosen |= kinds[i].bit;
    else if (!spaces->why[0])
      snprintf(spaces->why, sizeof spaces->why, "%s namespace: %s", kinds[i].name, strerror(errno));
  }
  return chosen == CSANDBOX_NAMESPACE_USER ? 0 : chosen;
}

static int say(int wire) {
  ssize_t count;
  do count = send(wire, "", 1, MSG_NOSIGNAL);
  while (count < 0 && errno == EINTR);
  return count == 1 ? 0 : -1;
}

static int wait_for(int wire) {
  char byte;
  ssize_t count;
  do count = recv(wire, &byte, 1, 0);
  while (count < 0 && errno == EINTR);
  return count == 1 ? 0 : -1;
}

/* The child goes on when the parent has mapped its users and put it into its groups, and not at all when the parent ends before. */
static void prepare_child(int wire, const struct csandbox_policy *policy, struct csandbox_spaces *spaces) {
  if (spaces->made & CSANDBOX_NAMESPACE_PID) prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  /* Else its maps are somebody else's files. */
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (say(wire) != 0 || wait_for(wire) != 0) _exit(CSANDBOX_FAILED);
  uint32_t lost = csandbox_mount(policy, spaces);
  spaces->made &= ~lost;
  if (say(wire) != 0 || lost || wait_for(wire) != 0) _exit(CSANDBOX_FAILED);
}

static void join_groups(pid_t pid, const struct csandbox_policy *policy, struct csandbox_spaces *spaces) {
  char path[4200], number[16];
  int length = snprintf(number, sizeof number, "%d", (int)pid);
  spaces->is_grouped = policy->cgroup_count > 0;
  for (size_t i = 0; i < policy->cgroup_count; i++) {
    snprintf(path, sizeof path, "%s/cgroup.procs", policy->cgroups[i]);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    int joined = file >= 0 && write(file, number, (size_t)length) == length;
    if (!joined) {
      snprintf(spaces->why_not_grouped, sizeof spaces->why_not_grouped, "%.150s: %s", path, strerror(errno));
      spaces->is_grouped = 0;
    }
    if (file >= 0) close(file);
  }
}

static int prepare(int wire, pid_t pid, const struct csandbox_policy *policy, struct csandbox_spaces *spaces) {
  uint32_t bits = spaces->made;
  if (wait_for(wire) != 0) return -1;
  if (bits & CSANDBOX_NAMESPACE_USER && map_users(pid) != 0) {
    if (!spaces->why[0]) snprintf(spaces->why, sizeof spaces->why, "users can't be mapped: %s", strerror(errno));
    spaces->made = 0;
    return -1;
  }
  join_groups(pid, policy, spaces);
  if (say(wire) != 0 || wait_for(wire) != 0 || spaces->made != bits) return -1;
  return say(wire);
}

/* One try with the namespaces of `spaces->made`; where that fails and fewer may do, those are left there. */
static pid_t try_fork(const struct csandbox_policy *policy, struct csandbox_spaces *spaces) {
  int wires[2];
  uint32_t bits = spaces->made;
  spaces->has_tmp = spaces->has_shm = spaces->is_sealed = spaces->is_grouped = 0;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires) != 0) return -1;
  pid_t pid = raw_fork(bits);
  if (pid == 0) {
    close(wires[0]);
    prepare_child(wires[1], policy, spaces);
    close(wires[1]);
    return 0;
  }
  int error = errno;
  close(wires[1]);
  if (pid < 0 && bits) spaces->made = choose(bits, spaces);
  if (pid > 0 && prepare(wires[0], pid, policy, spaces) != 0) {
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    /* Whatever it was, it isn't tried again as it was. */
    if (spaces->made == bits) spaces->made = 0;
    pid = -1;
  } else if (pid < 0 && spaces->made == bits) {
    spaces->made = 0;
  }
  close(wires[0]);
  errno = error;
  return pid;
}

uint32_t csandbox_wanted_namespaces(const struct csandbox_policy *policy) {
  uint32_t wanted = policy->namespaces;
  if (policy->network != CSANDBOX_NETWORK_NONE) wanted &= ~(uint32_t)CSANDBOX_NAMESPACE_NET;
  return wanted;
}

struct csandbox_spaces *csandbox_spaces_make(void) {
  void *room = mmap(NULL, sizeof(struct csandbox_spaces), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return room == MAP_FAILED ? NULL : room;
}

pid_t csandbox_fork(const struct csandbox_policy *policy, struct csandbox_spaces *spaces) {
  memset(spaces, 0, sizeof *spaces);
  uint32_t bits = csandbox_wanted_namespaces(policy);
  /* A user namespace is the way to the others, and of no use by itself. */
  if (has_capability(CAP_SYS_ADMIN) || bits == CSANDBOX_NAMESPACE_USER) bits &= ~(uint32_t)CSANDBOX_NAMESPACE_USER;
  spaces->made = bits;
  for (;;) {
    uint32_t tried = spaces->made;
    pid_t pid = try_fork(policy, spaces);
    if (pid >= 0 || tried == 0) return pid;
    if (spaces->made == CSANDBOX_NAMESPACE_USER) spaces->made = 0;
  }
}

uint32_t csandbox_spaces_hold(const struct csandbox_policy *policy, const struct csandbox_spaces *spaces) {
  uint32_t holds = 0;
  if (spaces->made & CSANDBOX_NAMESPACE_PID) holds |= CSANDBOX_DEFENCE_PROCESSES;
  if (spaces->made & CSANDBOX_NAMESPACE_MOUNT && spaces->is_sealed) holds |= CSANDBOX_DEFENCE_MOUNTS;
  if (spaces->made & CSANDBOX_NAMESPACE_NET || policy->network != CSANDBOX_NETWORK_NONE) holds |= CSANDBOX_DEFENCE_NETWORK;
  if (spaces->made & CSANDBOX_NAMESPACE_IPC) holds |= CSANDBOX_DEFENCE_IPC;
  if (spaces->is_grouped) holds |= CSANDBOX_DEFENCE_CGROUP;
  return holds;
}
