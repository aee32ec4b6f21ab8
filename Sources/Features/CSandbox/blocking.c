#define _GNU_SOURCE
#include "blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
  /* What the kernel's own calls return when a signal ends them: it becomes EINTR, or the call is made again (SA_RESTART). */
  restart = 512,
  wake = SIGUSR2,
  pause_ms = 10,
};

struct waiting {
  pthread_t thread;
  pid_t caller;
  uint64_t id;
  struct waiting *next, **link;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static struct waiting *first;
static int questions = -1;

static void nothing(int number) { (void)number; }

static uint64_t mask_of(const char *text, const char *name) {
  const char *line = strstr(text, name);
  unsigned long long mask = 0;
  if (line) sscanf(line + strlen(name), " %llx", &mask);
  return mask;
}

/* Whether a signal waits to be handled by this thread. */
static int is_signalled(pid_t thread) {
  char path[48], text[4096];
  snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return ((mask_of(text, "\nSigPnd:") | mask_of(text, "\nShdPnd:")) & ~mask_of(text, "\nSigBlk:")) != 0;
}

static int is_over(const struct waiting *one) {
  return ioctl(questions, SECCOMP_IOCTL_NOTIF_ID_VALID, &one->id) != 0 && errno == ENOENT;
}

static void *look(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&lock);
    while (!first) pthread_cond_wait(&some, &lock);
    pthread_mutex_unlock(&lock);
    struct timespec pause = {.tv_nsec = pause_ms * 1000000L};
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&lock);
    for (struct waiting *one = first; one; one = one->next)
      if (is_over(one) || is_signalled(one->caller)) pthread_kill(one->thread, wake);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

int blocking_prepare(int listener) {
  struct sigaction action = {.sa_handler = nothing};
  pthread_attr_t attributes;
  pthread_t thread;
  questions = listener;
  sigaction(wake, &action, NULL);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int error = pthread_create(&thread, &attributes, look, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

static void enter(struct waiting *one) {
  pthread_mutex_lock(&lock);
  one->next = first;
  one->link = &first;
  if (first) first->link = &one->next;
  first = one;
  pthread_cond_signal(&some);
  pthread_mutex_unlock(&lock);
}

static void leave(struct waiting *one) {
  pthread_mutex_lock(&lock);
  *one->link = one->next;
  if (one->next) one->next->link = one->link;
  pthread_mutex_unlock(&lock);
}

/* With one (SO_SNDTIMEO) a call isn't made again after a signal (signal(7)). */
static int has_time_limit(int socket) {
  struct timeval limit = {0, 0};
  socklen_t size = sizeof limit;
  return getsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, &size) == 0 && (limit.tv_sec || limit.tv_usec);
}

int blocking_connect(int socket, const struct sockaddr *address, socklen_t length, pid_t caller, uint64_t id) {
  struct waiting one = {.thread = pthread_self(), .caller = caller, .id = id};
  enter(&one);
  int result = connect(socket, address, length) == 0 ? 0 : -errno;
  leave(&one);
  /* Only `look` interrupts: the caller has a signal to handle, and the connection goes on being made meanwhile. */
  return result == -EINTR && !has_time_limit(socket) ? -restart : result;
}
