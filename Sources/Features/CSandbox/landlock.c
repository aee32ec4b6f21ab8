#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the headers of Debian 12; the numbers are the kernel's promise (include/uapi/linux/landlock.h). */
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
  uint64_t files, ports, scopes;
};

static const uint64_t read_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;

static const uint64_t change_files =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | FS_REFER | FS_TRUNCATE;

static const uint64_t never = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

static const uint64_t control_device =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;

/* What a rule on something that isn't a folder may name. */
static const uint64_t of_a_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                  LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE | FS_IOCTL_DEV;

int csandbox_landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : (int)version;
}

static uint64_t handled_files(int version) {
  uint64_t files = read_files | change_files | never | FS_IOCTL_DEV;
  if (version < 2) files &= ~FS_REFER;
  if (version < 3) files &= ~FS_TRUNCATE;
  if (version < 5) files &= ~FS_IOCTL_DEV;
  return files;
}

static int make_ruleset(int version, enum csandbox_network network) {
  struct ruleset rules = {.files = handled_files(version)};
  size_t size = sizeof rules.files;
  if (version >= 4) {
    rules.ports = network == CSANDBOX_NETWORK_OUTBOUND ? NET_BIND_TCP : NET_BIND_TCP | NET_CONNECT_TCP;
    size += sizeof rules.ports;
  }
  if (version >= 6) {
    rules.scopes = SCOPE_SIGNAL | SCOPE_ABSTRACT_UNIX_SOCKET;
    size += sizeof rules.scopes;
  }
  return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

static int add_rule(int ruleset, int opened, enum csandbox_rights rights, uint64_t handled) {
  static const uint64_t given[] = {
      [CSANDBOX_READ] = read_files, [CSANDBOX_WRITE] = read_files | change_files, [CSANDBOX_DEVICE] = control_device};
  struct stat about;
  if (fstat(opened, &about) != 0) return -1;
  uint64_t allowed = given[rights] & handled;
  if (!S_ISDIR(about.st_mode)) allowed &= of_a_file;
  struct landlock_path_beneath_attr rule = {.allowed_access = allowed, .parent_fd = opened};
  return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int allow(int ruleset, const struct csandbox_path *path, uint64_t handled, struct csandbox_complaint *complaint) {
  static const char *const words[] = {"read", "write", "device"};
  int opened = open(path->path, O_PATH | O_CLOEXEC);
  if (opened < 0) {
    /* Not every machine has every folder that a runtime may read. */
    if (path->rights == CSANDBOX_READ && (errno == ENOENT || errno == ENOTDIR)) return 0;
    return csandbox_complain_errno(complaint, "%s %s", words[path->rights], path->path);
  }
  int result = add_rule(ruleset, opened, path->rights, handled);
  if (result != 0) csandbox_complain_errno(complaint, "%s %s", words[path->rights], path->path);
  close(opened);
  return result;
}

int csandbox_landlock_make(const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  int version = csandbox_landlock_version();
  if (version == 0) {
    csandbox_complain(complaint, "files: this kernel has no Landlock, or it is turned off (lsm= at boot)");
    return -2;
  }
  int ruleset = make_ruleset(version, policy->network);
  if (ruleset < 0) return csandbox_complain_errno(complaint, "files: landlock_create_ruleset");
  for (size_t i = 0; i < policy->path_count; i++)
    if (policy->paths[i].rights != CSANDBOX_HIDE && allow(ruleset, &policy->paths[i], handled_files(version), complaint) != 0) {
      close(ruleset);
      return -1;
    }
  return ruleset;
}

int csandbox_landlock_supervisor(struct csandbox_complaint *complaint) {
  static const struct csandbox_path table = {.path = "/proc", .rights = CSANDBOX_READ};
  int version = csandbox_landlock_version();
  if (version == 0) return 0;
  /* Not over signals: it has to kill what isn't in its own domain. */
  int ruleset = make_ruleset(version < 6 ? version : 5, CSANDBOX_NETWORK_NONE);
  if (ruleset < 0) return csandbox_complain_errno(complaint, "supervision: landlock_create_ruleset");
  if (allow(ruleset, &table, handled_files(version), complaint) == 0) return csandbox_landlock_enforce(ruleset, complaint);
  close(ruleset);
  return -1;
}

int csandbox_landlock_enforce(int ruleset, struct csandbox_complaint *complaint) {
  int result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
  if (result != 0) csandbox_complain_errno(complaint, "files: landlock_restrict_self");
  close(ruleset);
  return result;
}
