#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROGRAM_LIMIT 2048

int csandbox_filter_calls(const struct csandbox_calls *calls, struct csandbox_complaint *complaint) {
  struct sock_filter code[PROGRAM_LIMIT];
  size_t length = csandbox_calls_program(calls, code, PROGRAM_LIMIT);
  if (length == 0) return csandbox_complain(complaint, "calls: the filter is longer than %d instructions", PROGRAM_LIMIT);
  struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return 0;
  if (errno != ENOSYS && errno != EINVAL) return csandbox_complain_errno(complaint, "calls: seccomp");
  csandbox_complain(complaint, "calls: this kernel has no seccomp filters");
  return -2;
}
