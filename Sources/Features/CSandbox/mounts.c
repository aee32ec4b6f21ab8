#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
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

static size_t keep(const char *folder, const char *const *paths, size_t count, struct kept *kept, size_t filled, size_t room) {
  for (size_t i = 0; i < count && filled < room; i++) {
    struct stat about;
    if (!lies_beneath(paths[i], folder) || is_covered(kept, filled, paths[i]) || stat(paths[i], &about) != 0) continue;
    int tree = take_tree(paths[i]);
    if (tree < 0) continue;
    kept[filled++] = (struct kept){paths[i], tree, S_ISDIR(about.st_mode)};
  }
  return filled;
}

/* An empty file system over a folder; what the policy names beneath it stays where it is. */
static int cover(const char *folder, const char *options, const char *options_kept, const struct csandbox_namespaces *wanted) {
  struct kept kept[256];
  size_t filled = keep(folder, wanted->readable, wanted->readables, kept, 0, 256);
  filled = keep(folder, wanted->writable, wanted->writables, kept, filled, 256);
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

static int is_writable(const char *folder, const struct csandbox_namespaces *wanted) {
  for (size_t i = 0; i < wanted->writables; i++)
    if (strcmp(wanted->writable[i], folder) == 0) return 1;
  return 0;
}

/* Somewhere to write that nobody else sees; a folder that the policy gives to the zone as it is stays as it is. */
static int make_scratch(const char *folder, const struct csandbox_namespaces *wanted) {
  char options[96];
  size_t bytes = wanted->scratch;
  struct sysinfo machine;
  if (is_writable(folder, wanted)) return -1;
  if (bytes == 0 && sysinfo(&machine) == 0) bytes = machine.totalram * machine.mem_unit / 4;
  snprintf(options, sizeof options, "mode=1777,size=%zu,nr_inodes=65536", bytes);
  return cover(folder, options, options, wanted);
}

static int hide(const char *path, const struct csandbox_namespaces *wanted) {
  struct stat about;
  if (stat(path, &about) != 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  if (!S_ISDIR(about.st_mode)) return mount("/dev/null", path, NULL, MS_BIND, NULL);
  if (cover(path, "mode=0,size=4k,nr_inodes=2", "mode=0711,size=256k,nr_inodes=4096", wanted) != 0) return -1;
  return set_attributes(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, 0, 0);
}

static int is_read_only(const char *path) {
  struct statvfs about;
  return statvfs(path, &about) == 0 && about.f_flag & ST_RDONLY;
}

/* Everything read-only but what the policy writes to and the zone's own file systems. */
static int seal(const struct csandbox_namespaces *wanted, const struct csandbox_spaces *spaces) {
  unsigned char was_read_only[wanted->writables + 1];
  for (size_t i = 0; i < wanted->writables; i++) {
    was_read_only[i] = 1;
    int tree = take_tree(wanted->writable[i]);
    if (tree < 0 && errno == ENOENT) continue;
    if (tree < 0) return -1;
    was_read_only[i] = (unsigned char)is_read_only(wanted->writable[i]);
    int result = put_tree(tree, wanted->writable[i]);
    close(tree);
    if (result != 0) return -1;
  }
  if (set_attributes("/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 1) != 0) return -1;
  int result = 0;
  for (size_t i = 0; i < wanted->writables; i++)
    if (!was_read_only[i] && set_attributes(wanted->writable[i], 0, MOUNT_ATTR_RDONLY, 0) != 0) result = -1;
  if (spaces->has_tmp && set_attributes("/tmp", 0, MOUNT_ATTR_RDONLY, 0) != 0) result = -1;
  if (spaces->has_shm && set_attributes("/dev/shm", 0, MOUNT_ATTR_RDONLY, 0) != 0) result = -1;
  return result;
}

int csandbox_mount(const struct csandbox_namespaces *wanted, struct csandbox_spaces *spaces) {
  if (!(spaces->made & CSANDBOX_NS_MOUNT)) return 0;
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    note(spaces, "private mounts", "");
    spaces->made &= ~(unsigned)CSANDBOX_NS_MOUNT;
    return -1;
  }
  for (size_t i = 0; i < wanted->hiddens; i++) {
    if (hide(wanted->hidden[i], wanted) == 0) continue;
    note(spaces, "hiding ", wanted->hidden[i]);
    spaces->made &= ~(unsigned)CSANDBOX_NS_MOUNT;
    return -1;
  }
  spaces->has_tmp = make_scratch("/tmp", wanted) == 0;
  spaces->has_shm = make_scratch("/dev/shm", wanted) == 0;
  if (spaces->made & CSANDBOX_NS_PID) {
    spaces->has_proc = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
    if (!spaces->has_proc) note(spaces, "a /proc of its own", "");
  }
  spaces->is_sealed = seal(wanted, spaces) == 0;
  if (!spaces->is_sealed) note(spaces, "read-only mounts", "");
  return 0;
}
