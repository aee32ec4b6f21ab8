/* Preloaded into a program it writes down each close(2) of a descriptor that isn't open, with the calls that led there. The
   number may belong to somebody else the next time: closing one twice closes a socket of an event loop, say, which traps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HIGH = 900, FRAMES = 30 };

static int (*next_close)(int);
static int output = -1;

/* Out of the way of tests that count descriptors by their numbers; children are on their own. */
__attribute__((constructor)) static void begin(void) {
  next_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
  unsetenv("LD_PRELOAD");
  const char *path = getenv("STEWARD_CLOSES");
  int opened = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
  if (opened < 0) return;
  output = fcntl(opened, F_DUPFD_CLOEXEC, HIGH);
  next_close(opened);
}

static void tell(int descriptor) {
  void *frames[FRAMES];
  char thread[32] = "", line[160];
  pthread_getname_np(pthread_self(), thread, sizeof thread);
  int length = snprintf(line, sizeof line, "close(%d) of what isn't open, process %d, thread %s\n", descriptor, getpid(), thread);
  if (write(output, line, (size_t)length) == length) backtrace_symbols_fd(frames, backtrace(frames, FRAMES), output);
}

int close(int descriptor) {
  if (!next_close) next_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
  int result = next_close(descriptor);
  if (result < 0 && errno == EBADF && descriptor >= 0 && output >= 0) {
    tell(descriptor);
    errno = EBADF;
  }
  return result;
}
