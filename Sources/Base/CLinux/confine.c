#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the headers of Debian 12; the numbers are the kernel's promise (include/uapi/linux/landlock.h). */
#define FS_TRUNCATE (1ULL << 14)
#define NET_BIND_TCP (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
  uint64_t files, ports, scopes;
};

static const uint64_t change_files =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE;

int clinux_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int clinux_has_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }

static int read_capabilities(struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return (int)syscall(SYS_capget, &header, data);
}

int clinux_capabilities(uint64_t *effective) {
  struct __user_cap_data_struct data[2];
  if (read_capabilities(data) != 0) return -1;
  *effective = (uint64_t)data[1].effective << 32 | data[0].effective;
  return 0;
}

int clinux_keep_capabilities(uint64_t keep) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (read_capabilities(data) != 0) return -1;
  /* The bounding set first: dropping from it needs CAP_SETPCAP. */
  for (int capability = 0; capability < 64; capability++) {
    if (keep >> capability & 1) continue;
    int there = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (there == 1 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return -1;
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int half = 0; half < 2; half++) {
    uint32_t mask = (uint32_t)(keep >> (32 * half));
    data[half].permitted &= mask;
    data[half].effective = data[half].permitted;
    data[half].inheritable = 0;
  }
  return (int)syscall(SYS_capset, &header, data);
}

int clinux_landlock_version(void) {
  return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t handled_files(int version) {
  uint64_t files = change_files;
  if (version < 2) files &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
  if (version < 3) files &= ~FS_TRUNCATE;
  return files;
}

int clinux_landlock_begin(void) {
  int version = clinux_landlock_version();
  if (version < 1) return -1;
  struct ruleset rules = {.files = handled_files(version)};
  size_t size = sizeof rules.files;
  if (version >= 4) {
    rules.ports = NET_BIND_TCP;
    size += sizeof rules.ports;
  }
  if (version >= 6) {
    rules.scopes = SCOPE_SIGNAL;
    size += sizeof rules.scopes;
  }
  return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

int clinux_landlock_allow(int ruleset, const char *path, int rights) {
  struct stat about;
  int opened = open(path, O_PATH | O_CLOEXEC), result = -1;
  if (opened < 0) return -1;
  if (fstat(opened, &about) == 0) {
    uint64_t allowed = LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
    if (rights == CLINUX_CHANGE && S_ISDIR(about.st_mode)) allowed = change_files;
    struct landlock_path_beneath_attr rule = {
        .allowed_access = allowed & handled_files(clinux_landlock_version()), .parent_fd = opened};
    result = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  int error = errno;
  close(opened);
  errno = error;
  return result;
}

int clinux_landlock_enforce(int ruleset) { return (int)syscall(SYS_landlock_restrict_self, ruleset, 0); }
