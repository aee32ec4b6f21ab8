/* Nanoseconds of a few system calls, best of several rounds: NAME NANOSECONDS a line. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int null;
static char byte;

static void ask_parent(void) { syscall(SYS_getppid); }
static void read_byte(void) { if (pread(null, &byte, 1, 0) < 0) abort(); }
static void write_byte(void) { if (write(null, &byte, 1) != 1) abort(); }
static void ask_terminal(void) { int size; ioctl(null, FIONREAD, &size); }
static void ask_limit(void) { struct rlimit limit; prlimit(0, RLIMIT_NOFILE, NULL, &limit); }
static void open_close(void) { close(open("/dev/null", O_RDONLY | O_CLOEXEC)); }
static void look(void) { struct stat about; if (stat("/usr/bin", &about) != 0) abort(); }

static double measure(void (*call)(void), int count) {
  double best = 1e9;
  for (int round = 0; round < 9; round++) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < count; i++) call();
    clock_gettime(CLOCK_MONOTONIC, &end);
    double took = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / count;
    if (took < best) best = took;
  }
  return best;
}

int main(void) {
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return 1;
  printf("getppid %.1f\n", measure(ask_parent, 200000));
  printf("read %.1f\n", measure(read_byte, 200000));
  printf("write %.1f\n", measure(write_byte, 200000));
  printf("ioctl %.1f\n", measure(ask_terminal, 200000));
  printf("prlimit %.1f\n", measure(ask_limit, 200000));
  printf("stat %.1f\n", measure(look, 100000));
  printf("open-close %.1f\n", measure(open_close, 50000));
  return 0;
}
