#define _GNU_SOURCE
#include "caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { pidfd_thread = O_EXCL };

/* The C library's functions change all threads at once; the supervisor must stay who it is. */
int caller_become(uid_t uid, gid_t gid) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (uid != (uid_t)-1) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return -1;
    if (syscall(SYS_setgroups, 0, NULL) != 0) return -1;
    if (syscall(SYS_setresgid, gid, gid, gid) != 0) return -1;
    if (syscall(SYS_setresuid, uid, uid, uid) != 0) return -1;
  }
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  data[0].permitted &= 1u << CAP_SYS_PTRACE;
  data[0].effective = data[0].permitted;
  data[0].inheritable = data[1].inheritable = data[1].permitted = data[1].effective = 0;
  if (syscall(SYS_capset, &header, data) != 0) return -1;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static pid_t process_of(pid_t thread) {
  char path[48], line[256];
  int process = -1;
  snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
  FILE *file = fopen(path, "re");
  while (file && process < 0 && fgets(line, sizeof line, file))
    if (sscanf(line, "Tgid: %d", &process) == 1) break;
  if (file) fclose(file);
  if (process < 0) errno = ESRCH;
  return process;
}

int caller_open(pid_t thread) {
  /* Linux 6.9 has descriptors of threads; those before it only of processes, whose descriptors are the same. */
  int descriptor = (int)syscall(SYS_pidfd_open, thread, pidfd_thread);
  if (descriptor >= 0 || errno != EINVAL) return descriptor;
  pid_t process = process_of(thread);
  return process < 0 ? -1 : (int)syscall(SYS_pidfd_open, process, 0);
}

int caller_descriptor(int process, int number) { return (int)syscall(SYS_pidfd_getfd, process, number, 0); }

int caller_read(pid_t thread, uint64_t from, void *to, size_t length) {
  struct iovec here = {to, length}, there = {(void *)(uintptr_t)from, length};
  if (length == 0) return 0;
  ssize_t count = process_vm_readv(thread, &here, 1, &there, 1, 0);
  if (count < 0 && errno != EFAULT) return -EPERM;
  return count == (ssize_t)length ? 0 : -EFAULT;
}
