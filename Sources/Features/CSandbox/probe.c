#define _GNU_SOURCE
#include "broker.h"
#include "csandbox.h"
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A trial in a process of its own: 0 worked, -1 with the reason. */
typedef int (*trial)(int argument, struct csandbox_complaint *complaint);

static void report(const char *name, const char *value, const char *detail) {
  printf("%s\t%s\t%s\n", name, value, detail);
}

/* The outcome of a trial, told through a pipe; the process that tried is gone. */
static int try(trial run, int argument, struct csandbox_complaint *complaint) {
  int ends[2], status;
  memset(complaint, 0, sizeof *complaint);
  if (pipe(ends) != 0) return csandbox_complain_errno(complaint, "pipe");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    struct csandbox_complaint why = {.text = ""};
    int result = run(argument, &why);
    if (write(ends[1], &why, sizeof why) != sizeof why) _exit(2);
    _exit(result == 0 ? 0 : 1);
  }
  close(ends[1]);
  if (child < 0) csandbox_complain_errno(complaint, "fork");
  ssize_t got = read(ends[0], complaint, sizeof *complaint);
  close(ends[0]);
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  if (got != sizeof *complaint) csandbox_complain(complaint, "the trial ended with status %#x", status);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void report_trial(const char *name, trial run, int argument) {
  struct csandbox_complaint complaint;
  int result = try(run, argument, &complaint);
  report(name, result == 0 ? "yes" : "no", complaint.text);
}

/* A policy that applies everything that this process can apply; Landlock allows nothing. */
static const struct csandbox_policy nothing = {
    .uid = CSANDBOX_ABSENT,
    .gid = CSANDBOX_ABSENT,
    .limits = {CSANDBOX_ABSENT, CSANDBOX_ABSENT, CSANDBOX_ABSENT, CSANDBOX_ABSENT, CSANDBOX_ABSENT, CSANDBOX_ABSENT},
};

static int try_privileges(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  if (csandbox_drop_bounding(0) != 0) csandbox_complain(complaint, "the bounding set stays: CAP_SETPCAP is missing");
  struct csandbox_complaint failure;
  if (csandbox_drop_privileges(0, &failure) == 0) return 0;
  *complaint = failure;
  return -1;
}

static int try_identity(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  struct csandbox_policy other = nothing;
  other.uid = other.gid = 65533;
  return csandbox_become(&other, complaint);
}

static int try_limits(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  struct csandbox_policy limited = nothing;
  limited.limits[CSANDBOX_LIMIT_FILES] = 64;
  limited.limits[CSANDBOX_LIMIT_PROCESSES] = 0;
  if (csandbox_limit(&limited, complaint) != 0 || csandbox_drop_privileges(0, complaint) != 0) return -1;
  if (csandbox_limit_processes(&limited, complaint) != 0) return -1;
  if (getuid() == 0)
    csandbox_complain(complaint, "processes of uid 0 are not counted by the kernel: scripts need a user of their own");
  return 0;
}

static int try_landlock(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  int ruleset = csandbox_landlock_make(&nothing, complaint);
  if (ruleset < 0 || csandbox_drop_privileges(0, complaint) != 0) return -1;
  if (csandbox_landlock_enforce(ruleset, complaint) != 0) return -1;
  if (open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0)
    return csandbox_complain(complaint, "files: Landlock is in force and lets everything be opened");
  return 0;
}

static int try_calls(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  struct csandbox_calls calls = {.network = CSANDBOX_NETWORK_NONE, .same_user = 1};
  if (csandbox_drop_privileges(0, complaint) != 0 || csandbox_filter_calls(&calls, complaint) != 0) return -1;
  if (syscall(SYS_unshare, 0) == 0 || errno != EPERM)
    return csandbox_complain(complaint, "calls: the filter is in force and lets calls through");
  return 0;
}

static int try_supervision(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  int told = csandbox_prepare_supervision(complaint);
  if (told < 0) return -1;
  pid_t sleeper = fork();
  if (sleeper == 0) {
    pause();
    _exit(0);
  }
  pid_t seen[4];
  if (sleeper < 0 || csandbox_children(getpid(), seen, 4) != 1 || seen[0] != sleeper) {
    if (sleeper > 0) kill(sleeper, SIGKILL);
    return csandbox_complain(complaint, "supervision: /proc doesn't show the processes that are started");
  }
  csandbox_end_tree();
  return 0;
}

static int try_users(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  return unshare(CLONE_NEWUSER) == 0 ? 0 : csandbox_complain_errno(complaint, "user namespaces");
}

static int try_broker(int argument, struct csandbox_complaint *complaint) {
  (void)argument;
  if (csandbox_listen(0) >= 0) return 0;
  return csandbox_complain_errno(complaint, "broker: seccomp's notifications");
}

/* The namespaces of a zone as they are made for one, file tree included. */
static void report_namespaces(void) {
  static const struct {
    const char *name;
    uint32_t bit;
  } kinds[] = {{"namespace-mount", CSANDBOX_NAMESPACE_MOUNT},
               {"namespace-pid", CSANDBOX_NAMESPACE_PID},
               {"namespace-net", CSANDBOX_NAMESPACE_NET},
               {"namespace-ipc", CSANDBOX_NAMESPACE_IPC}};
  struct csandbox_policy all = nothing;
  struct csandbox_spaces *spaces = csandbox_spaces_make();
  all.network = CSANDBOX_NETWORK_NONE;
  all.namespaces = CSANDBOX_NAMESPACE_USER | CSANDBOX_NAMESPACE_MOUNT | CSANDBOX_NAMESPACE_PID |
                   CSANDBOX_NAMESPACE_NET | CSANDBOX_NAMESPACE_IPC;
  fflush(stdout);
  pid_t child = spaces ? csandbox_fork(&all, spaces) : -1;
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, NULL, 0);
  report_trial("namespace-user", try_users, 0);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    int holds = child > 0 && spaces->made & kinds[i].bit;
    if (kinds[i].bit == CSANDBOX_NAMESPACE_MOUNT) holds = holds && spaces->is_sealed;
    report(kinds[i].name, holds ? "yes" : "no", holds || !spaces ? "" : spaces->why);
  }
}

static void report_landlock(void) {
  struct csandbox_complaint complaint;
  char version[16];
  int works = try(try_landlock, 0, &complaint) == 0;
  snprintf(version, sizeof version, "%d", works ? csandbox_landlock_version() : 0);
  report("landlock", version, complaint.text);
}

int csandbox_probe(void) {
  char user[16];
  snprintf(user, sizeof user, "%u", getuid());
  report("user", user, "");
  report_trial("identity", try_identity, 0);
  report_trial("privileges", try_privileges, 0);
  report_trial("limits", try_limits, 0);
  report_landlock();
  report_trial("calls", try_calls, 0);
  report_trial("supervision", try_supervision, 0);
  report_namespaces();
  report_trial("broker", try_broker, 0);
  return 0;
}
