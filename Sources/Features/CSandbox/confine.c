#define _GNU_SOURCE
#include "broker.h"
#include "csandbox.h"
#include "namespaces.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is in force; of the rest `require` decides. */
struct confinement {
  const struct csandbox_policy *policy;
  struct csandbox_complaint *complaint;
  uint32_t missing;
  int ruleset, landlock;
};

/* Fails if the policy requires a defence that can't be had; the complaint is set already, or made of `why`. */
static int miss(struct confinement *c, uint32_t defence, const char *why) {
  c->missing |= defence;
  if (!(c->policy->required & defence)) return 0;
  if (why) csandbox_complain(c->complaint, "%s: %s", csandbox_defence_name(defence), why);
  return -1;
}

/* What the fork has made of namespaces and control groups. */
static int check_surroundings(struct confinement *c, const struct csandbox_spaces *spaces) {
  const uint32_t all = CSANDBOX_DEFENCE_PROCESSES | CSANDBOX_DEFENCE_MOUNTS | CSANDBOX_DEFENCE_NETWORK |
                       CSANDBOX_DEFENCE_IPC | CSANDBOX_DEFENCE_CGROUP;
  uint32_t absent = c->policy->required & all & ~csandbox_spaces_hold(c->policy, spaces);
  if (!absent) return 0;
  absent &= -absent;
  const char *why = absent == CSANDBOX_DEFENCE_CGROUP ? spaces->why_not_grouped : spaces->why;
  return miss(c, absent, *why ? why : "not asked for");
}

static int start_afresh(struct confinement *c) {
  sigset_t none;
  sigemptyset(&none);
  /* The supervisor isn't, and what isn't may not write its own files of /proc. Executing decides anew. */
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(022);
  if (setsid() < 0) return csandbox_complain_errno(c->complaint, "session");
  return 0;
}

static int prepare_files(struct confinement *c) {
  c->landlock = csandbox_landlock_version();
  c->ruleset = csandbox_landlock_make(c->policy, c->complaint);
  if (c->ruleset == -2 && miss(c, CSANDBOX_DEFENCE_FILES, NULL) != 0) return -1;
  if (c->ruleset == -1) return -1;
  if (c->landlock < 4 && miss(c, CSANDBOX_DEFENCE_PORTS, "needs Landlock 4 (Linux 6.7)") != 0) return -1;
  if (c->landlock < 6 && miss(c, CSANDBOX_DEFENCE_SIGNALS, "needs Landlock 6 (Linux 6.12)") != 0) return -1;
  return 0;
}

/* Who we become, and what that takes away. */
static int lower(struct confinement *c) {
  const struct csandbox_policy *policy = c->policy;
  if (policy->uid == CSANDBOX_ABSENT && miss(c, CSANDBOX_DEFENCE_IDENTITY, "the zone has no user of its own") != 0)
    return -1;
  /* Without CAP_SETPCAP there is nothing in it that no_new_privs wouldn't keep out of reach. */
  csandbox_drop_bounding(0);
  if (csandbox_become(policy, c->complaint) != 0) return -1;
  if (csandbox_drop_privileges(0, c->complaint) != 0) return -1;
  return csandbox_limit_processes(policy, c->complaint);
}

/* After the identity: a change of user forgets it. */
static int follow_the_supervisor(struct confinement *c, pid_t supervisor) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return csandbox_complain_errno(c->complaint, "supervision");
  /* In a process table of its own the process has no parent that it could see. */
  int alone = getpid() == 1 && getppid() == 0;
  if (getppid() != supervisor && !alone) return csandbox_complain(c->complaint, "supervision: the supervisor has ended");
  return 0;
}

/* The filter that asks comes first: the other one allows no further ones. */
static int ask_the_broker(struct confinement *c, const struct csandbox_launch *launch) {
  if (launch->wire < 0) return 0;
  int listener = csandbox_listen(csandbox_reaches_anywhere(c->policy));
  if (listener < 0) return csandbox_complain_errno(c->complaint, "network: listed destinations need seccomp's notifications");
  if (csandbox_hand_over(launch->wire, listener) != 0) return csandbox_complain_errno(c->complaint, "network: the broker");
  return 0;
}

static int restrict_self(struct confinement *c, const struct csandbox_launch *launch, int same_user) {
  if (c->ruleset >= 0 && csandbox_landlock_enforce(c->ruleset, c->complaint) != 0) return -1;
  struct csandbox_calls calls = {
      .network = c->policy->network,
      .same_user = same_user,
      .own_ipc = (launch->spaces->made & CSANDBOX_NAMESPACE_IPC) != 0,
      .landlock = c->ruleset >= 0 ? c->landlock : 0,
      .brokered = launch->wire >= 0,
      .datagrams = csandbox_reaches_anywhere(c->policy),
      .unix_sockets = 1,
  };
  if (ask_the_broker(c, launch) != 0) return -1;
  int filtered = csandbox_filter_calls(&calls, c->complaint);
  if (filtered == -2) return miss(c, CSANDBOX_DEFENCE_CALLS, NULL);
  return filtered;
}

static int execute(struct confinement *c, char *const *arguments) {
  execv(arguments[0], arguments);
  int error = errno;
  const char *hint = error == EACCES ? " (it, its folders or its loader are not beneath a 'read' path?)" : "";
  return csandbox_complain(c->complaint, "%.200s: %s%s", arguments[0], strerror(error), hint);
}

int csandbox_confine_and_execute(const struct csandbox_launch *launch, struct csandbox_complaint *complaint) {
  struct confinement c = {.policy = launch->policy, .complaint = complaint, .ruleset = -1};
  int same_user = csandbox_is_same_user(launch->policy);
  if (check_surroundings(&c, launch->spaces) != 0) return -1;
  if (start_afresh(&c) != 0 || csandbox_limit(launch->policy, complaint) != 0) return -1;
  if (prepare_files(&c) != 0 || lower(&c) != 0) return -1;
  if (follow_the_supervisor(&c, launch->supervisor) != 0) return -1;
  if (restrict_self(&c, launch, same_user) != 0) return -1;
  if (csandbox_close_from(4, complaint) != 0) return -1;
  return execute(&c, launch->arguments);
}
