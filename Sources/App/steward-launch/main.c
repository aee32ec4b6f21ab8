#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

static int launch(char *const *arguments) {
  struct csandbox_complaint complaint;
  struct csandbox_policy policy;
  if (read_policy(&policy, &complaint) != 0 || check_lifeline(&complaint) != 0) return fail(&complaint);
  int children = csandbox_prepare_supervision(&complaint);
  if (children < 0) return fail(&complaint);

  struct csandbox_launch launch = {.policy = &policy, .arguments = arguments, .supervisor = getpid()};
  pid_t runtime = fork();
  if (runtime < 0) {
    csandbox_complain_errno(&complaint, "fork");
    return fail(&complaint);
  }
  if (runtime == 0) {
    csandbox_confine_and_execute(&launch, &complaint);
    _exit(fail(&complaint));
  }
  let_go();
  /* The runtime runs already; without this nothing of it is less confined. */
  if (csandbox_confine_supervisor(&policy, &complaint) != 0) fail(&complaint);
  return csandbox_supervise(runtime, children, LIFELINE);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "--probe") == 0) return csandbox_probe();
  if (count >= 3 && strcmp(arguments[1], "--") == 0) return launch(arguments + 2);
  fprintf(stderr, "steward-launch: usage: steward-launch -- PROGRAM ARGUMENT...\n"
                  "       steward-launch --probe\n");
  return CSANDBOX_FAILED;
}
