#define _GNU_SOURCE
#include "csandbox.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
  int resource;
  const char *name;
} resources[CSANDBOX_LIMITS] = {
    [CSANDBOX_LIMIT_AS] = {RLIMIT_AS, "as"},
    [CSANDBOX_LIMIT_DATA] = {RLIMIT_DATA, "data"},
    [CSANDBOX_LIMIT_CPU] = {RLIMIT_CPU, "cpu"},
    [CSANDBOX_LIMIT_FILES] = {RLIMIT_NOFILE, "files"},
    [CSANDBOX_LIMIT_PROCESSES] = {RLIMIT_NPROC, "processes"},
    [CSANDBOX_LIMIT_FILESIZE] = {RLIMIT_FSIZE, "filesize"},
};

/* Threads of one process if its real user is `user`, from /proc/PID/status; the kernel counts by real user. */
static int64_t threads_of(int folder, const char *process, uid_t user) {
  char path[32], text[2048];
  snprintf(path, sizeof path, "%.20s/status", process);
  int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  const char *owner = strstr(text, "\nUid:"), *threads = strstr(text, "\nThreads:");
  if (!owner || !threads || strtoul(owner + 5, NULL, 10) != user) return 0;
  return strtol(threads + 9, NULL, 10);
}

int64_t csandbox_count_threads(uid_t user) {
  DIR *folder = opendir("/proc");
  int64_t count = 0;
  char parent[16];
  if (!folder) return 0;
  snprintf(parent, sizeof parent, "%d", getppid());
  for (struct dirent *entry; (entry = readdir(folder));) {
    struct stat about;
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    /* Who may not be traced belongs to root here, so the server is asked in any case. */
    if (strcmp(entry->d_name, parent) != 0 &&
        (fstatat(dirfd(folder), entry->d_name, &about, 0) != 0 || about.st_uid != user))
      continue;
    count += threads_of(dirfd(folder), entry->d_name, user);
  }
  closedir(folder);
  return count;
}

static int set_limit(int resource, const char *name, rlim_t value, struct csandbox_complaint *complaint) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return csandbox_complain_errno(complaint, "limit %s", name);
  /* What the machine's owner set tighter stays. */
  if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max = value;
  if (setrlimit(resource, &limit) != 0) return csandbox_complain_errno(complaint, "limit %s", name);
  return 0;
}

/* Scripts go before the server when memory runs out. It can't fail in a way that matters. */
static void prefer_as_victim(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, "500", 3) != 3) errno = 0;
  close(file);
}

int csandbox_limit(const struct csandbox_policy *policy, int64_t there, struct csandbox_complaint *complaint) {
  prefer_as_victim();
  for (int i = 0; i < CSANDBOX_LIMITS; i++) {
    int64_t value = policy->limits[i];
    if (value == CSANDBOX_ABSENT) continue;
    if (i == CSANDBOX_LIMIT_PROCESSES) value = value > INT64_MAX - there ? INT64_MAX : value + there;
    if (set_limit(resources[i].resource, resources[i].name, (rlim_t)value, complaint) != 0) return -1;
  }
  if (set_limit(RLIMIT_MSGQUEUE, "msgqueue", 0, complaint) != 0) return -1;
  if (set_limit(RLIMIT_RTPRIO, "rtprio", 0, complaint) != 0) return -1;
  return set_limit(RLIMIT_CORE, "core", 0, complaint);
}
