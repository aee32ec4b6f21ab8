#define _GNU_SOURCE
#include "broker.h"
#include "csandbox.h"
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors that the server starts this program with. */
enum { POLICY = 4, LIFELINE = 5 };

static int fail(const struct csandbox_complaint *complaint) {
  dprintf(STDERR_FILENO, "steward-launch: %s\n", complaint->text);
  return CSANDBOX_FAILED;
}

static int read_policy(struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  size_t length;
  char *bytes = csandbox_read_all(POLICY, CSANDBOX_POLICY_LIMIT, &length, complaint);
  if (!bytes) return -1;
  close(POLICY);
  return csandbox_policy_read(bytes, length, policy, complaint);
}

static int check_lifeline(struct csandbox_complaint *complaint) {
  if (fcntl(LIFELINE, F_SETFD, FD_CLOEXEC) == 0) return 0;
  return csandbox_complain_errno(complaint, "lifeline: descriptor %d", LIFELINE);
}

/* What only the runtime needs. */
static void let_go(void) {
  for (int descriptor = 0; descriptor < POLICY; descriptor++)
    if (descriptor != STDERR_FILENO) close(descriptor);
}

/* The first process of a table of its own: does inside what the supervisor does outside, and the table ends with it. */
static int begin_table(struct csandbox_launch *launch, struct csandbox_complaint *complaint) {
  int children = csandbox_prepare_supervision(complaint);
  if (children < 0) return fail(complaint);
  prctl(PR_SET_NAME, "steward-init", 0, 0, 0);
  launch->supervisor = getpid();
  pid_t runtime = fork();
  if (runtime < 0) {
    csandbox_complain_errno(complaint, "fork");
    return fail(complaint);
  }
  if (runtime == 0) return -1;
  let_go();
  if (launch->wire >= 0) close(launch->wire);
  if (csandbox_confine_supervisor(launch->policy, complaint) != 0) return fail(complaint);
  return csandbox_supervise(runtime, children, LIFELINE, 0);
}

static _Noreturn void become_runtime(struct csandbox_launch *launch, struct csandbox_policy *policy) {
  struct csandbox_complaint complaint;
  if (launch->spaces->made & CSANDBOX_NAMESPACE_PID) {
    int code = begin_table(launch, &complaint);
    if (code >= 0) _exit(code);
  }
  const struct csandbox_spaces *spaces = launch->spaces;
  if (spaces->has_tmp) csandbox_policy_add(policy, "/tmp", CSANDBOX_WRITE);
  if (spaces->has_shm) csandbox_policy_add(policy, "/dev/shm", CSANDBOX_WRITE);
  /* The runtime confines its workers further, and lets them have these. */
  if (spaces->has_tmp || spaces->has_shm)
    setenv("STEWARD_OWN_FOLDERS",
           !spaces->has_shm ? "/tmp" : !spaces->has_tmp ? "/dev/shm" : "/tmp:/dev/shm", 1);
  /* Where datagrams are refused names are still found: by streams (resolv.conf(5)). */
  if (launch->wire >= 0 && csandbox_has_names(policy)) setenv("RES_OPTIONS", "use-vc", 0);
  csandbox_confine_and_execute(launch, &complaint);
  _exit(fail(&complaint));
}

/* Connections of the zone are made here, from now on. */
static int begin_broker(int wire, const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  int listener = csandbox_take_over(wire);
  close(wire);
  /* The runtime wasn't started, and has said why. */
  if (listener < 0) return 0;
  return csandbox_broker_start(listener, policy, complaint);
}

/* Starts the runtime and what it needs of this process; its process id, or -1 with a complaint. */
static pid_t start(struct csandbox_launch *launch, struct csandbox_policy *policy, struct csandbox_spaces *spaces,
                   struct csandbox_complaint *complaint) {
  int wires[2] = {-1, -1};
  int is_listed = policy->network == CSANDBOX_NETWORK_LISTED;
  if (is_listed && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires) != 0)
    return csandbox_complain_errno(complaint, "network: no sockets");
  launch->wire = wires[1];
  pid_t runtime = csandbox_fork(policy, spaces);
  if (runtime < 0) return csandbox_complain_errno(complaint, "fork");
  if (runtime == 0) {
    if (is_listed) close(wires[0]);
    become_runtime(launch, policy);
  }
  let_go();
  if (!is_listed) return runtime;
  close(wires[1]);
  if (begin_broker(wires[0], policy, complaint) == 0) return runtime;
  csandbox_end_tree();
  return -1;
}

static int launch(char *const *arguments) {
  struct csandbox_complaint complaint;
  struct csandbox_policy policy;
  if (csandbox_close_from(LIFELINE + 1, &complaint) != 0) return fail(&complaint);
  if (read_policy(&policy, &complaint) != 0 || check_lifeline(&complaint) != 0) return fail(&complaint);
  int children = csandbox_prepare_supervision(&complaint);
  if (children < 0) return fail(&complaint);
  struct csandbox_spaces *spaces = csandbox_spaces_make();
  if (!spaces) {
    csandbox_complain_errno(&complaint, "memory");
    return fail(&complaint);
  }
  struct csandbox_launch launch = {.policy = &policy, .arguments = arguments, .supervisor = getpid(), .spaces = spaces};
  pid_t runtime = start(&launch, &policy, spaces, &complaint);
  if (runtime < 0) return fail(&complaint);
  /* The runtime runs already; without this nothing of it is less confined. */
  if (csandbox_confine_supervisor(&policy, &complaint) != 0) fail(&complaint);
  return csandbox_supervise(runtime, children, LIFELINE, (spaces->made & CSANDBOX_NAMESPACE_PID) != 0);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "--probe") == 0) return csandbox_probe();
  if (count >= 3 && strcmp(arguments[1], "--") == 0) return launch(arguments + 2);
  fprintf(stderr, "steward-launch: usage: steward-launch -- PROGRAM ARGUMENT...\n"
                  "       steward-launch --probe\n");
  return CSANDBOX_FAILED;
}
