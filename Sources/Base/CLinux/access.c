#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CLINUX_READS = 0, CLINUX_WRITES = 1, CLINUX_PASSES = 2 };

struct attempt {
  uid_t uid;
  gid_t gid;
  const char *path;
  int mode;
  int error;
};

static int try_folder(int folder, int writes) {
  if (writes) return faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
  struct stat information;
  return fstatat(folder, "./.", &information, 0) == 0 ? 0 : errno;
}

/* The kernel has user, groups and capabilities for each thread; the C library's calls would change all threads. */
static void *attempt_as(void *argument) {
  struct attempt *attempt = argument;
  if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, attempt->gid, attempt->gid, attempt->gid) != 0 ||
      syscall(SYS_setresuid, attempt->uid, attempt->uid, attempt->uid) != 0) {
    attempt->error = errno;
    return NULL;
  }
  int mode = attempt->mode == CLINUX_WRITES ? O_WRONLY : attempt->mode == CLINUX_PASSES ? O_PATH : O_RDONLY;
  int file = open(attempt->path, mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0 && attempt->mode == CLINUX_WRITES && errno == EISDIR) file = open(attempt->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) {
    attempt->error = errno;
    return NULL;
  }
  struct stat information;
  if (attempt->mode != CLINUX_PASSES && fstat(file, &information) == 0 && S_ISDIR(information.st_mode))
    attempt->error = try_folder(file, attempt->mode == CLINUX_WRITES);
  close(file);
  return NULL;
}

int clinux_try_access(uid_t uid, gid_t gid, const char *path, int mode) {
  struct attempt attempt = {.uid = uid, .gid = gid, .path = path, .mode = mode};
  pthread_t thread;
  int error = pthread_create(&thread, NULL, attempt_as, &attempt);
  if (error) return error;
  pthread_join(thread, NULL);
  return attempt.error;
}
