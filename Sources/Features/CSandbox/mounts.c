#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One path that is taken out of what gets covered, and put back. */
struct kept {
  const char *path;
  int tree, is_folder;
};

static int take_tree(const char *path) {
  return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int put_tree(int tree, const char *path) {
  return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

static int set_attributes(const char *path, uint64_t set, uint64_t clear, int recursive) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
  return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &attributes, sizeof attributes);
}

static void note(struct csandbox_spaces *spaces, const char *what, const char *path) {
  if (!spaces->why[0]) snprintf(spaces->why, sizeof spaces->why, "%s%s: %s", what, path, strerror(errno));
}

static int lies_beneath(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Makes the folders above `path`, and at its place a folder or an empty file. */
static int make_place(const char *path, int is_folder) {
  char part[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof part) return -1;
  memcpy(part, path, length + 1);
  for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(part, 0755) != 0 && errno != EEXIST) return -1;
    *slash = '/';
  }
  if (is_folder) return mkdir(part, 0755) == 0 || errno == EEXIST ? 0 : -1;
  int file = open(part, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return -1;
  close(file);
  return 0;
}

/* Whether an earlier path of the list holds this one already. */
static int is_covered(const struct kept *kept, size_t count, const char *path) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(kept[i].path, path) == 0 || lies_beneath(path, kept[i].path)) return 1;
  return 0;
}

struct keeping {
  const char *folder;
  struct kept *kept;
  size_t filled, room;
};

static void keep(struct keeping *k, const char *path) {
  struct stat about;
  if (!lies_beneath(path, k->folder) || k->filled == k->room) return;
  if (is_covered(k->kept, k->filled, path) || stat(path, &about) != 0) return;
  int tree = take_tree(path);
  if (tree >= 0) k->kept[k->filled++] = (struct kept){path, tree, S_ISDIR(about.st_mode)};
}

static size_t keep_all(const char *folder, const struct csandbox_policy *policy, struct kept *kept, size_t room) {
  struct keeping k = {.folder = folder, .kept = kept, .room = room};
  for (size_t i = 0; i < policy->path_count; i++)
    if (policy->paths[i].rights != CSANDBOX_HIDE) keep(&k, policy->paths[i].path);
  for (size_t i = 0; i < policy->destination_count; i++)
    if (policy->destinations[i].kind == CSANDBOX_TO_UNIX) keep(&k, policy->destinations[i].path);
  return k.filled;
}

/* An empty file system over a folder; what the policy names beneath it stays where it is. */
static int cover(const char *folder, const char *options, const char *options_kept, const struct csandbox_policy *policy) {
  struct kept kept[256];
  size_t filled = keep_all(folder, policy, kept, 256);
  int result = mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, filled ? options_kept : options);
  int error = errno;
  for (size_t i = 0; i < filled; i++) {
    if (result == 0 && (make_place(kept[i].path, kept[i].is_folder) != 0 || put_tree(kept[i].tree, kept[i].path) != 0)) {
      error = errno;
      umount2(folder, MNT_DETACH);
      result = -1;
    }
    close(kept[i].tree);
  }
  errno = error;
  return result;
}

static int is_writable(const char *folder, const struct csandbox_policy *policy) {
  for (size_t i = 0; i < policy->path_count; i++)
    if (policy->paths[i].rights == CSANDBOX_WRITE && strcmp(policy->paths[i].path, folder) == 0) return 1;
  return 0;
}

/* Somewhere to write that nobody else sees; a folder that the policy gives to the zone as it is stays as it is. */
static int make_scratch(const char *folder, const struct csandbox_policy *policy) {
  char options[96];
  size_t bytes = 1 << 30;
  struct sysinfo machine;
  if (is_writable(folder, policy)) return -1;
  if (sysinfo(&machine) == 0) bytes = machine.totalram * machine.mem_unit / 8;
  snprintf(options, sizeof options, "mode=1777,size=%zu,nr_inodes=65536", bytes);
  return cover(folder, options, options, policy);
}

static int hide(const char *path, const struct csandbox_policy *policy) {
  struct stat about;
  if (stat(path, &about) != 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  if (!S_ISDIR(about.st_mode)) return mount("/dev/null", path, NULL, MS_BIND, NULL);
  if (cover(path, "mode=0,size=4k,nr_inodes=2", "mode=0711,size=256k,nr_inodes=4096", policy) != 0) return -1;
  return set_attributes(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, 0, 0);
}

static int is_read_only(const char *path) {
  struct statvfs about;
  return statvfs(path, &about) == 0 && about.f_flag & ST_RDONLY;
}

/* A mount of its own, so that it can be writable when the rest isn't. -1: impossible; 1: it was read-only before. */
static int set_apart(const char *path) {
  int tree = take_tree(path);
  if (tree < 0) return -1;
  int was_read_only = is_read_only(path);
  int result = put_tree(tree, path);
  close(tree);
  return result == 0 ? was_read_only : -1;
}

/* Everything read-only but what the policy writes to and the zone's own file systems. */
static int seal(const struct csandbox_policy *policy, const struct csandbox_spaces *spaces) {
  unsigned char *opens = calloc(policy->path_count + 1, 1);
  if (!opens) return -1;
  int result = 0;
  for (size_t i = 0; i < policy->path_count && result == 0; i++) {
    if (policy->paths[i].rights != CSANDBOX_WRITE) continue;
    int apart = set_apart(policy->paths[i].path);
    if (apart < 0 && errno != ENOENT) result = -1;
    opens[i] = apart == 0;
  }
  if (result == 0) result = set_attributes("/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 1);
  for (size_t i = 0; i < policy->path_count; i++)
    if (opens[i] && set_attributes(policy->paths[i].path, 0, MOUNT_ATTR_RDONLY, 0) != 0) result = -1;
  if (spaces->has_tmp && set_attributes("/tmp", 0, MOUNT_ATTR_RDONLY, 0) != 0) result = -1;
  if (spaces->has_shm && set_attributes("/dev/shm", 0, MOUNT_ATTR_RDONLY, 0) != 0) result = -1;
  /* Landlock decides there, and who wants to be the first victim of a shortage of memory says so there. */
  if (spaces->made & CSANDBOX_NAMESPACE_PID) set_attributes("/proc", 0, MOUNT_ATTR_RDONLY, 0);
  free(opens);
  return result;
}

static int mount_table(void) {
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (mount("proc", "/proc", "proc", flags, NULL) == 0) return 0;
  /* In a container whose own is read-only it may be nothing else. */
  return errno == EPERM ? mount("proc", "/proc", "proc", flags | MS_RDONLY, NULL) : -1;
}

uint32_t csandbox_mount(const struct csandbox_policy *policy, struct csandbox_spaces *spaces) {
  const uint32_t table = CSANDBOX_NAMESPACE_PID;
  if (!(spaces->made & CSANDBOX_NAMESPACE_MOUNT)) {
    /* Its processes would be found in /proc under other numbers than their own. */
    if (spaces->made & table && !spaces->why[0])
      snprintf(spaces->why, sizeof spaces->why, "a process table of its own needs a mount namespace");
    return spaces->made & table;
  }
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    note(spaces, "private mounts", "");
    return CSANDBOX_NAMESPACE_MOUNT | (spaces->made & table);
  }
  for (size_t i = 0; i < policy->path_count; i++) {
    if (policy->paths[i].rights != CSANDBOX_HIDE || hide(policy->paths[i].path, policy) == 0) continue;
    note(spaces, "hiding ", policy->paths[i].path);
    return CSANDBOX_NAMESPACE_MOUNT | (spaces->made & table);
  }
  spaces->has_tmp = make_scratch("/tmp", policy) == 0;
  spaces->has_shm = make_scratch("/dev/shm", policy) == 0;
  if (spaces->made & table && mount_table() != 0) {
    note(spaces, "a /proc of its own", "");
    return table;
  }
  spaces->is_sealed = seal(policy, spaces) == 0;
  if (!spaces->is_sealed) note(spaces, "read-only mounts", "");
  return 0;
}
