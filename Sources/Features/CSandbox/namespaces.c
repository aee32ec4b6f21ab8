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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
  unsigned bit;
  unsigned long flag;
  const char *name;
} kinds[] = {
    {CSANDBOX_NS_USER, CLONE_NEWUSER, "user"}, {CSANDBOX_NS_MOUNT, CLONE_NEWNS, "mount"},
    {CSANDBOX_NS_PID, CLONE_NEWPID, "pid"},    {CSANDBOX_NS_NET, CLONE_NEWNET, "net"},
    {CSANDBOX_NS_IPC, CLONE_NEWIPC, "ipc"},
};
static const size_t kind_count = sizeof kinds / sizeof kinds[0];

static unsigned long flags_of(unsigned bits) {
  unsigned long flags = 0;
  for (size_t i = 0; i < kind_count; i++)
    if (bits & kinds[i].bit) flags |= kinds[i].flag;
  return flags;
}

/* As fork(2) does it, with namespaces. The child must not use threads or raise(3): the C library wasn't told of it. */
static pid_t raw_fork(unsigned bits) { return (pid_t)syscall(SYS_clone, flags_of(bits) | SIGCHLD, 0, 0, 0, 0); }

static int has_capability(int which) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return data[which / 32].effective >> (which % 32) & 1;
}

static void drop_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  syscall(SYS_capset, &header, data);
}

static int can_make(unsigned bits) {
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
static unsigned choose(unsigned wanted, struct csandbox_spaces *spaces) {
  unsigned base = 0, rest = wanted & ~(unsigned)CSANDBOX_NS_USER;
  if (!rest) return 0;
  if (!has_capability(CAP_SYS_ADMIN)) {
    if (!(wanted & CSANDBOX_NS_USER) || !can_make(CSANDBOX_NS_USER)) {
      int error = wanted & CSANDBOX_NS_USER ? errno : EPERM;
      snprintf(spaces->why, sizeof spaces->why, "user namespace: %s", strerror(error));
      return 0;
    }
    base = CSANDBOX_NS_USER;
  }
  unsigned chosen = base;
  for (size_t i = 0; i < kind_count; i++) {
    if (!(rest & kinds[i].bit)) continue;
    if (can_make(chosen | kinds[i].bit))
      chosen |= kinds[i].bit;
    else if (!spaces->why[0])
      snprintf(spaces->why, sizeof spaces->why, "%s namespace: %s", kinds[i].name, strerror(errno));
  }
  return chosen == base ? 0 : chosen;
}

/* The child goes on when its users are mapped, and not at all when this process ends before. */
static pid_t fork_mapped(unsigned bits) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return -1;
  pid_t pid = raw_fork(bits);
  if (pid == 0) {
    char byte;
    ssize_t count;
    if (bits & CSANDBOX_NS_PID) prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close(ready[1]);
    do count = read(ready[0], &byte, 1);
    while (count < 0 && errno == EINTR);
    if (count != 1) _exit(125);
    close(ready[0]);
    return 0;
  }
  int error = errno;
  close(ready[0]);
  if (pid > 0 && bits & CSANDBOX_NS_USER && map_users(pid) != 0) {
    error = errno;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    pid = -1;
  }
  if (pid > 0 && write(ready[1], "", 1) != 1) error = errno;
  close(ready[1]);
  errno = error;
  return pid;
}

pid_t csandbox_fork(const struct csandbox_namespaces *wanted, struct csandbox_spaces *spaces) {
  memset(spaces, 0, sizeof *spaces);
  unsigned bits = wanted->wanted & ~(unsigned)CSANDBOX_NS_USER;
  if (bits && !has_capability(CAP_SYS_ADMIN)) bits = wanted->wanted;
  if (!bits) return raw_fork(0);
  spaces->made = bits;
  pid_t pid = fork_mapped(bits);
  if (pid >= 0) return pid;
  bits = choose(wanted->wanted, spaces);
  spaces->made = bits;
  pid = fork_mapped(bits);
  if (pid >= 0) return pid;
  if (!spaces->why[0]) snprintf(spaces->why, sizeof spaces->why, "users can't be mapped: %s", strerror(errno));
  spaces->made = 0;
  return raw_fork(0);
}

static _Noreturn void reap(pid_t runtime) {
  int status, result = 0;
  for (;;) {
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) break;
    if (pid == runtime) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  _exit(result);
}

int csandbox_begin_table(const struct csandbox_spaces *spaces) {
  if (!(spaces->made & CSANDBOX_NS_PID)) return 0;
  pid_t runtime = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (runtime <= 0) return (int)runtime;
  /* Nothing of the zone's may stay open here: ends of sockets tell the server that a process is gone. */
  syscall(SYS_close_range, 0, ~0U, 0);
  prctl(PR_SET_NAME, "steward-init", 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  drop_capabilities();
  reap(runtime);
}

int csandbox_missing(const struct csandbox_namespaces *wanted, const struct csandbox_spaces *spaces, char *text, size_t size) {
  size_t length = 0;
  text[0] = 0;
  for (size_t i = 1; i < kind_count; i++) {
    if (!(wanted->wanted & kinds[i].bit) || spaces->made & kinds[i].bit) continue;
    length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", kinds[i].name);
    if (length >= size) return 1;
  }
  if (length && spaces->why[0]) snprintf(text + length, size - length, ": %s", spaces->why);
  return length > 0;
}
