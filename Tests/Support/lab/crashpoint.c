// Preloaded into `steward`: counts the calls by which something leaves the process (what is written to files and
// sockets, renames, syncs, packets, started programs) and kills it before the one whose number is in CRASH_AT.
// CRASH_LOG gets a line for each call. Works across threads, other than strace's counters.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long crash_at = -1;
static int log_file = -1;

__attribute__((constructor)) static void prepare(void) {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  const char *name = strrchr(path, '/');
  if (!name || strcmp(name, "/steward") != 0) return;
  const char *at = getenv("CRASH_AT"), *log = getenv("CRASH_LOG");
  if (at) crash_at = atol(at);
  if (log) log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void point(const char *name) {
  if (crash_at < 0 && log_file < 0) return;
  long number = atomic_fetch_add(&calls, 1) + 1;
  if (log_file >= 0) {
    char line[128];
    int length = snprintf(line, sizeof line, "%ld %s\n", number, name);
    syscall(SYS_write, log_file, line, (size_t)length);
  }
  if (number == crash_at) syscall(SYS_kill, getpid(), SIGKILL);
}

// Output on a terminal, a pipe or /dev/null changes nothing.
static void point_of(const char *name, int file) {
  struct stat facts;
  if (fstat(file, &facts) == 0 && file > 2 && (S_ISREG(facts.st_mode) || S_ISSOCK(facts.st_mode))) point(name);
}

#define NEXT(result, name, ...) \
  static result (*next)(__VA_ARGS__); \
  if (!next) next = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int file, const void *data, size_t size) {
  NEXT(ssize_t, "write", int, const void *, size_t);
  point_of("write", file);
  return next(file, data, size);
}
ssize_t writev(int file, const struct iovec *data, int count) {
  NEXT(ssize_t, "writev", int, const struct iovec *, int);
  point_of("writev", file);
  return next(file, data, count);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  point_of("pwrite", file);
  return next(file, data, size, at);
}
int fsync(int file) {
  NEXT(int, "fsync", int);
  point("fsync");
  return next(file);
}
int fdatasync(int file) {
  NEXT(int, "fdatasync", int);
  point("fdatasync");
  return next(file);
}
int rename(const char *from, const char *to) {
  NEXT(int, "rename", const char *, const char *);
  point("rename");
  return next(from, to);
}
int renameat(int a, const char *from, int b, const char *to) {
  NEXT(int, "renameat", int, const char *, int, const char *);
  point("renameat");
  return next(a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  NEXT(int, "renameat2", int, const char *, int, const char *, unsigned);
  point("renameat2");
  return next(a, from, b, to, flags);
}
int unlink(const char *path) {
  NEXT(int, "unlink", const char *);
  point("unlink");
  return next(path);
}
int unlinkat(int folder, const char *path, int flags) {
  NEXT(int, "unlinkat", int, const char *, int);
  point("unlinkat");
  return next(folder, path, flags);
}
ssize_t send(int file, const void *data, size_t size, int flags) {
  NEXT(ssize_t, "send", int, const void *, size_t, int);
  point("send");
  return next(file, data, size, flags);
}
ssize_t sendto(int file, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t length) {
  NEXT(ssize_t, "sendto", int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t);
  point("sendto");
  return next(file, data, size, flags, to, length);
}
ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
  NEXT(ssize_t, "sendmsg", int, const struct msghdr *, int);
  point("sendmsg");
  return next(file, message, flags);
}
int sendmmsg(int file, struct mmsghdr *messages, unsigned count, int flags) {
  NEXT(int, "sendmmsg", int, struct mmsghdr *, unsigned, int);
  point("sendmmsg");
  return next(file, messages, count, flags);
}
int connect(int file, __CONST_SOCKADDR_ARG to, socklen_t length) {
  NEXT(int, "connect", int, __CONST_SOCKADDR_ARG, socklen_t);
  point("connect");
  return next(file, to, length);
}
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                char *const words[], char *const environment[]) {
  NEXT(int, "posix_spawn", pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
       char *const *, char *const *);
  point("posix_spawn");
  return next(pid, path, actions, attributes, words, environment);
}
int posix_spawnp(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const words[], char *const environment[]) {
  NEXT(int, "posix_spawnp", pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
       char *const *, char *const *);
  point("posix_spawnp");
  return next(pid, path, actions, attributes, words, environment);
}
