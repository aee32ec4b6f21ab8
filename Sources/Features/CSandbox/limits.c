#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

static int may_fork(rlim_t limit, rlim_t hard) {
  const struct rlimit trial = {.rlim_cur = limit < hard ? limit : hard, .rlim_max = hard};
  if (setrlimit(RLIMIT_NPROC, &trial) != 0) return -1;
  pid_t child = vfork();
  if (child == 0) _exit(0);
  if (child < 0) return errno == EAGAIN ? 0 : -1;
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
  return 1;
}

int64_t csandbox_count_threads(void) {
  struct rlimit before;
  int64_t below = 1, enough = 2;
  if (getrlimit(RLIMIT_NPROC, &before) != 0) return -1;
  /* One more than there are is enough for a fork. */
  while (may_fork((rlim_t)enough, before.rlim_max) == 0) {
    below = enough;
    enough *= 2;
    if (below > 1 << 22 || (rlim_t)below >= before.rlim_max) break;
  }
  while (enough - below > 1) {
    int64_t middle = below + (enough - below) / 2;
    if (may_fork((rlim_t)middle, before.rlim_max) == 0)
      below = middle;
    else
      enough = middle;
  }
  setrlimit(RLIMIT_NPROC, &before);
  return below;
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

int csandbox_limit(const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  prefer_as_victim();
  for (int i = 0; i < CSANDBOX_LIMITS; i++)
    if (i != CSANDBOX_LIMIT_PROCESSES && policy->limits[i] != CSANDBOX_ABSENT &&
        set_limit(resources[i].resource, resources[i].name, (rlim_t)policy->limits[i], complaint) != 0)
      return -1;
  if (set_limit(RLIMIT_MSGQUEUE, "msgqueue", 0, complaint) != 0) return -1;
  if (set_limit(RLIMIT_RTPRIO, "rtprio", 0, complaint) != 0) return -1;
  return set_limit(RLIMIT_CORE, "core", 0, complaint);
}

int csandbox_limit_processes(const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  int64_t value = policy->limits[CSANDBOX_LIMIT_PROCESSES];
  if (value == CSANDBOX_ABSENT) return 0;
  /* The kernel doesn't count those of root, so there would be nothing to find. The program takes the place of this process, which
     is among those that were found. */
  int64_t there = getuid() == 0 ? 1 : csandbox_count_threads();
  if (there < 0) return csandbox_complain_errno(complaint, "limit processes");
  value = value > INT64_MAX - there ? INT64_MAX : value + there - 1;
  return set_limit(RLIMIT_NPROC, "processes", (rlim_t)value, complaint);
}
