#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

char *csandbox_read_all(int descriptor, size_t limit, size_t *length, struct csandbox_complaint *complaint) {
  /* One byte more than allowed, so that too much is seen as too much. */
  char *bytes = malloc(limit + 1);
  size_t used = 0;
  if (!bytes) {
    csandbox_complain(complaint, "policy: no memory");
    return NULL;
  }
  while (used <= limit) {
    ssize_t got = read(descriptor, bytes + used, limit + 1 - used);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      csandbox_complain_errno(complaint, "policy: descriptor %d", descriptor);
      free(bytes);
      return NULL;
    }
    used += (size_t)got;
  }
  *length = used;
  return bytes;
}

int csandbox_close_from(unsigned first, struct csandbox_complaint *complaint) {
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return 0;
  return csandbox_complain_errno(complaint, "descriptors: close_range");
}
