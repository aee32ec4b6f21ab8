#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long an orphan lives when nobody tells of it: while the zone is busy, and when nothing has happened for a while. */
#define SWEEP_MILLISECONDS 40
#define IDLE_SWEEP_MILLISECONDS 160
#define SWEEPS_UNTIL_IDLE 100

#define CHILDREN_LIMIT 4096

struct supervisor {
  /* 0 once it has ended. */
  pid_t runtime;
  int status;
  /* Children of the runtime that outlived it and may finish. */
  pid_t adopted[CHILDREN_LIMIT];
  size_t adopted_count;
};

int csandbox_prepare_supervision(struct csandbox_complaint *complaint) {
  static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
  sigset_t children;
  /* A supervisor ends with its lifeline only: what stops a whole unit (systemd) must not cut calls short. */
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  if (sigprocmask(SIG_SETMASK, &children, NULL) != 0) return csandbox_complain_errno(complaint, "supervision: signals");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return csandbox_complain_errno(complaint, "supervision: PR_SET_CHILD_SUBREAPER");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return csandbox_complain_errno(complaint, "supervision: PR_SET_DUMPABLE");
  int told = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  return told < 0 ? csandbox_complain_errno(complaint, "supervision: signalfd") : told;
}

int csandbox_confine_supervisor(const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  /* Processes of another user are killed by right of CAP_KILL, and before they are many by that of CAP_SYS_NICE. */
  uint64_t keep = 1ULL << CAP_SYS_NICE | (csandbox_is_same_user(policy) ? 0 : 1ULL << CAP_KILL);
  struct csandbox_calls calls = {
      .network = CSANDBOX_NETWORK_NONE, .same_user = csandbox_is_same_user(policy), .landlock = csandbox_landlock_version()};
  csandbox_drop_bounding(keep);
  if (csandbox_drop_privileges(keep, complaint) != 0) return -1;
  /* With a list of destinations it makes connections for scripts. */
  if (policy->network == CSANDBOX_NETWORK_LISTED) return 0;
  if (csandbox_landlock_supervisor(complaint) != 0) return -1;
  return csandbox_filter_calls(&calls, complaint) == -1 ? -1 : 0;
}

static int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

static void adopt(struct supervisor *s) {
  s->adopted_count = csandbox_children(getpid(), s->adopted, CHILDREN_LIMIT);
}

static void forget(struct supervisor *s, pid_t ended) {
  for (size_t i = 0; i < s->adopted_count; i++)
    if (s->adopted[i] == ended) s->adopted[i--] = s->adopted[--s->adopted_count];
}

/* Reaps what has ended; 0 when nothing is left beneath. */
static int reap(struct supervisor *s) {
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, WNOHANG | __WALL);
    if (ended == 0) return 1;
    if (ended < 0) return errno != ECHILD;
    if (ended == s->runtime) {
      s->status = status;
      s->runtime = 0;
      adopt(s);
    } else {
      forget(s, ended);
    }
  }
}

static int may_live(const struct supervisor *s, pid_t process) {
  if (process == s->runtime) return 1;
  for (size_t i = 0; i < s->adopted_count; i++)
    if (s->adopted[i] == process) return 1;
  return 0;
}

/* Kills what was left behind: who is our child and neither the runtime nor adopted from it. */
static unsigned sweep(const struct supervisor *s) {
  static pid_t children[CHILDREN_LIMIT];
  size_t count = csandbox_children(getpid(), children, CHILDREN_LIMIT);
  unsigned killed = 0;
  siginfo_t ended = {.si_pid = 0};
  /* Its workers may be among them already, before it was reaped and they were adopted. */
  if (s->runtime && waitid(P_PID, (id_t)s->runtime, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid) return 0;
  for (size_t i = 0; i < count; i++)
    if (!may_live(s, children[i])) killed += csandbox_kill_beneath(children[i]);
  return killed;
}

/* The server's word on the lifeline: 0 nothing, 1 "look now", -1 it is gone. */
static int hear(int lifeline, short events) {
  char words[64];
  if (!(events & POLLIN)) return events ? -1 : 0;
  ssize_t got;
  do got = read(lifeline, words, sizeof words);
  while (got < 0 && errno == EINTR);
  return got > 0 ? 1 : -1;
}

int csandbox_supervise(pid_t runtime, int children, int lifeline, int has_table) {
  static struct supervisor s;
  /* Orphans inside of a table of their own become children of its first process; its end ends all. */
  short words = has_table ? 0 : POLLIN;
  int pause = has_table ? -1 : SWEEP_MILLISECONDS;
  struct pollfd sources[] = {{.fd = children, .events = POLLIN}, {.fd = lifeline, .events = words}};
  unsigned quiet = 0;
  s.runtime = runtime;
  while (reap(&s)) {
    struct signalfd_siginfo told;
    unsigned killed = sweep(&s);
    if (!has_table) pause = quiet < SWEEPS_UNTIL_IDLE ? SWEEP_MILLISECONDS : IDLE_SWEEP_MILLISECONDS;
    /* What was killed needs the processors to end; many need them longer. */
    int happened = poll(sources, 2, killed ? 1 + (int)killed / 20 : pause);
    if (happened < 0 && errno != EINTR) break;
    quiet = happened == 0 && !killed ? quiet + 1 : 0;
    while (read(children, &told, sizeof told) > 0) {}
    if (hear(lifeline, sources[1].revents) < 0) break;
  }
  csandbox_end_tree();
  return s.runtime ? 128 + SIGKILL : exit_code(s.status);
}
