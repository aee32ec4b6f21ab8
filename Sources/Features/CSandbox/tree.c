#define _GNU_SOURCE
#include "csandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_AT_ONCE 4096

/* Numbers out of a file of /proc/PID/task/TID/children. */
static size_t read_children(const char *path, pid_t *children, size_t capacity) {
  char text[4096];
  size_t count = 0;
  pid_t number = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  for (ssize_t length; (length = read(file, text, sizeof text)) > 0;)
    for (ssize_t i = 0; i < length; i++) {
      if (text[i] >= '0' && text[i] <= '9') {
        number = number * 10 + (text[i] - '0');
      } else if (number) {
        if (count < capacity) children[count++] = number;
        number = 0;
      }
    }
  close(file);
  return count;
}

/* The parent of a process, from /proc/PID/stat; its name may hold anything, so the last parenthesis counts. */
static pid_t parent_of(const char *process) {
  char path[32], text[512];
  snprintf(path, sizeof path, "/proc/%.16s/stat", process);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  const char *end = strrchr(text, ')');
  return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

/* A kernel without CONFIG_PROC_CHILDREN: every process is asked for its parent. */
static size_t scan_children(pid_t process, pid_t *children, size_t capacity) {
  DIR *folder = opendir("/proc");
  size_t count = 0;
  if (!folder) return 0;
  for (struct dirent *entry; (entry = readdir(folder)) && count < capacity;)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == process)
      children[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
  closedir(folder);
  return count;
}

static int has_children_files(void) {
  static int known = -1;
  if (known < 0) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    known = access(path, R_OK) == 0;
  }
  return known;
}

size_t csandbox_children(pid_t process, pid_t *children, size_t capacity) {
  char path[64];
  size_t count = 0;
  if (!has_children_files()) return scan_children(process, children, capacity);
  snprintf(path, sizeof path, "/proc/%d/task", process);
  DIR *threads = opendir(path);
  if (!threads) return 0;
  for (struct dirent *entry; (entry = readdir(threads));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", process, entry->d_name);
    count += read_children(path, children + count, capacity - count);
  }
  closedir(threads);
  return count;
}

/* Before a crowd that wants every processor; where it may not be done it takes longer. What was killed runs nothing but its own end,
   and ends sooner one after the other than all at once. */
static void hasten(pid_t process) {
  const struct sched_param first = {.sched_priority = 1};
  sched_setscheduler(process, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

/* Killed first and asked for its children then: a process with a fatal signal can neither fork nor reap, so the list is whole, and
   no number in it can have become another process's. */
static unsigned kill_beneath(pid_t process, unsigned depth) {
  pid_t *children = malloc(CHILDREN_AT_ONCE * sizeof *children);
  unsigned killed = 1;
  if (kill(process, SIGKILL) == 0) hasten(process);
  if (!children || depth > 64) {
    /* Deeper ones become our own children when these have ended, and are found there. */
    free(children);
    return killed;
  }
  size_t count = csandbox_children(process, children, CHILDREN_AT_ONCE);
  for (size_t i = 0; i < count; i++) killed += kill_beneath(children[i], depth + 1);
  free(children);
  return killed;
}

unsigned csandbox_kill_beneath(pid_t process) { return kill_beneath(process, 0); }

static long nanoseconds_since(const struct timespec *begin) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - begin->tv_sec) * 1000000000L + now.tv_nsec - begin->tv_nsec;
}

void csandbox_end_tree(void) {
  static pid_t children[CHILDREN_AT_ONCE];
  hasten(0);
  for (;;) {
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    size_t count = csandbox_children(getpid(), children, CHILDREN_AT_ONCE);
    for (size_t i = 0; i < count; i++) csandbox_kill_beneath(children[i]);
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG | __WALL)) > 0) {}
    if (ended < 0 && errno == ECHILD) return;
    /* What was killed runs no more of its own code, but needs the processors to end. */
    long pause = 4 * nanoseconds_since(&begin);
    const struct timespec moment = {.tv_nsec = pause < 500000 ? 500000 : pause > 50000000 ? 50000000 : pause};
    nanosleep(&moment, NULL);
  }
}
