#define _GNU_SOURCE
#include "broker.h"

#include "blocking.h"
#include "caller.h"
#include "destinations.h"
#include "unix-paths.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

enum { most_threads = 1024, most_idle = 4, stack_size = 256 << 10 };

static struct {
  int listener;
  const struct csandbox_policy *policy;
  pthread_mutex_t lock;
  pthread_cond_t begun;
  size_t threads, idle;
  int state; /* 0 beginning, 1 running, -1 failed */
  struct csandbox_complaint *complaint;
} broker = {.listener = -1, .lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER};

union address {
  struct sockaddr any;
  struct sockaddr_un local;
  struct sockaddr_storage room;
};

/* One line for the log, a few a minute and none twice in a row: a script that tries and tries would fill it. */
static void tell(pid_t caller, const char *what) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static time_t minute;
  static int count;
  static char last[304];
  char line[512];
  struct timespec time;
  struct pollfd output = {.fd = STDERR_FILENO, .events = POLLOUT};
  clock_gettime(CLOCK_MONOTONIC, &time);
  pthread_mutex_lock(&lock);
  if (time.tv_sec / 60 != minute) minute = time.tv_sec / 60, count = 0, last[0] = 0;
  int is_told = strncmp(last, what, sizeof last - 1) != 0 && ++count <= 10;
  if (is_told) snprintf(last, sizeof last, "%s", what);
  pthread_mutex_unlock(&lock);
  if (!is_told) return;
  int length = snprintf(line, sizeof line, "steward: network: process %d asked for %.300s, which `network` doesn't list\n",
                        (int)caller, what);
  if (poll(&output, 1, 0) == 1 && output.revents & POLLOUT) (void)!write(STDERR_FILENO, line, (size_t)length);
}

static int is_valid(uint64_t id) { return ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0; }

static int make_connection(int socket, const union address *to, socklen_t length, const struct seccomp_notif *question) {
  int flags = fcntl(socket, F_GETFL);
  if (flags < 0) return -errno;
  if (!(flags & O_NONBLOCK)) return blocking_connect(socket, &to->any, length, (pid_t)question->pid, question->id);
  return connect(socket, &to->any, length) == 0 ? 0 : -errno;
}

static int connect_local(int socket, const union address *to, socklen_t length, const struct seccomp_notif *question) {
  char path[4352];
  int file = unix_paths_open((pid_t)question->pid, &to->local, length, path, sizeof path);
  if (file < 0) {
    int error = errno;
    /* The C library asks its cache daemon before every look-up, and does without. */
    if (error == EACCES && !strstr(path, "/nscd/socket")) tell((pid_t)question->pid, path);
    return -error;
  }
  union address found = {.local = unix_paths_address(file)};
  int result = is_valid(question->id) ? make_connection(socket, &found, sizeof found.local, question) : -EINTR;
  close(file);
  return result;
}

static int connect_outside(int socket, const union address *to, socklen_t length, const struct seccomp_notif *question) {
  char text[96];
  int error = destinations_check(&to->any, length);
  if (error == EACCES) {
    destinations_text(&to->any, text, sizeof text);
    tell((pid_t)question->pid, text);
  }
  if (error) return -error;
  return is_valid(question->id) ? make_connection(socket, to, length, question) : -EINTR;
}

/* The answer to one question: 0 or minus an errno value. */
static int answer(const struct seccomp_notif *question) {
  union address to;
  size_t length = question->data.args[2] & 0xffffffff;
  if (length > sizeof to.room) return -EINVAL;
  memset(&to, 0, sizeof to);
  int caller = caller_open((pid_t)question->pid);
  if (caller < 0) return -errno;
  int socket = caller_descriptor(caller, (int)question->data.args[0]);
  int error = errno;
  close(caller);
  if (socket < 0) return -error;
  int result = caller_read((pid_t)question->pid, question->data.args[1], &to, length);
  if (result == 0 && length < sizeof to.any.sa_family) result = -EINVAL;
  /* From here on it is certain that both came from whoever asked, and not from a later process with its number. */
  if (result == 0 && !is_valid(question->id)) result = -EINTR;
  if (result == 0) {
    switch (to.any.sa_family) {
      case AF_UNIX: result = connect_local(socket, &to, (socklen_t)length, question); break;
      case AF_INET:
      case AF_INET6: result = connect_outside(socket, &to, (socklen_t)length, question); break;
      /* Ends an association; leads nowhere. */
      case AF_UNSPEC: result = connect(socket, &to.any, (socklen_t)length) == 0 ? 0 : -errno; break;
      default: result = -EAFNOSUPPORT;
    }
  }
  close(socket);
  return result;
}

static void *serve(void *unused);

/* With the lock: one thread more. */
static int add_thread(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int error = pthread_create(&thread, &attributes, serve, NULL);
  pthread_attr_destroy(&attributes);
  if (!error) broker.threads++, broker.idle++;
  return error;
}

/* Somebody must be left who takes the next question while this one is answered. */
static void become_busy(void) {
  pthread_mutex_lock(&broker.lock);
  if (--broker.idle == 0 && broker.threads < most_threads) add_thread();
  pthread_mutex_unlock(&broker.lock);
}

static int become_idle(void) {
  pthread_mutex_lock(&broker.lock);
  int stays = broker.idle < most_idle;
  if (stays)
    broker.idle++;
  else
    broker.threads--;
  pthread_mutex_unlock(&broker.lock);
  return stays;
}

/* Waits for a question; 0 when nobody is left who could ask. */
static int receive(struct seccomp_notif *question) {
  for (;;) {
    memset(question, 0, sizeof *question);
    if (ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_RECV, question) == 0) return 1;
    struct pollfd listener = {.fd = broker.listener, .events = POLLIN};
    if (errno != EINTR && poll(&listener, 1, 0) == 1 && listener.revents & (POLLHUP | POLLNVAL)) return 0;
  }
}

static void *serve(void *unused) {
  (void)unused;
  do {
    struct seccomp_notif question;
    struct seccomp_notif_resp reply;
    if (!receive(&question)) break;
    become_busy();
    memset(&reply, 0, sizeof reply);
    reply.id = question.id;
    reply.error = answer(&question);
    while (ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) != 0 && errno == EINTR) continue;
  } while (become_idle());
  return NULL;
}

static int prepare(void) {
  const struct csandbox_policy *policy = broker.policy;
  int stays = policy->uid == CSANDBOX_ABSENT;
  if (caller_become(stays ? (uid_t)-1 : (uid_t)policy->uid, (gid_t)policy->gid) != 0)
    return csandbox_complain_errno(broker.complaint, "network: the broker can't become the zone's user");
  /* Threads have the rights of whoever starts them. */
  errno = blocking_prepare(broker.listener);
  if (errno) return csandbox_complain_errno(broker.complaint, "network: the broker has no thread");
  return 0;
}

static void *begin(void *unused) {
  int result = prepare();
  pthread_mutex_lock(&broker.lock);
  broker.threads = broker.idle = 1;
  broker.state = result == 0 ? 1 : -1;
  pthread_cond_signal(&broker.begun);
  pthread_mutex_unlock(&broker.lock);
  return result == 0 ? serve(unused) : NULL;
}

int csandbox_broker_start(int listener, const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  sigset_t all, before;
  pthread_t thread;
  broker.listener = listener;
  broker.policy = policy;
  broker.complaint = complaint;
  if (unix_paths_prepare(policy, complaint) != 0) return -1;
  if (destinations_prepare(policy) != 0) return csandbox_complain(complaint, "network: the broker has no memory");
  /* The caller is woken on the processor that answers (Linux 6.6). */
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  sigfillset(&all);
  sigdelset(&all, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  errno = pthread_create(&thread, NULL, begin, NULL);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  if (error) return csandbox_complain_errno(complaint, "network: the broker has no thread");
  pthread_detach(thread);
  pthread_mutex_lock(&broker.lock);
  while (broker.state == 0) pthread_cond_wait(&broker.begun, &broker.lock);
  int state = broker.state;
  pthread_mutex_unlock(&broker.lock);
  return state > 0 ? 0 : -1;
}
