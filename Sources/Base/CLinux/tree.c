#define _GNU_SOURCE
#include "clinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper than any path that a program makes by accident; the rest is left where it is. */
enum { DEEPEST = 512 };

static DIR *enter(int parent, const char *name, dev_t device) {
  int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat about;
  if (folder < 0) return NULL;
  DIR *stream = fstat(folder, &about) == 0 && about.st_dev == device ? fdopendir(folder) : NULL;
  if (!stream) close(folder);
  return stream;
}

static int is_dot(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

static void empty(DIR *folder, dev_t device, int depth) {
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    if (is_dot(entry->d_name) || unlinkat(dirfd(folder), entry->d_name, 0) == 0) continue;
    if (errno != EISDIR && errno != EPERM) continue;
    /* A folder that its owner closed can be opened by root; by the owner only with a mode. */
    DIR *inner = depth < DEEPEST ? enter(dirfd(folder), entry->d_name, device) : NULL;
    if (!inner && depth < DEEPEST && errno == EACCES && fchmodat(dirfd(folder), entry->d_name, 0700, 0) == 0)
      inner = enter(dirfd(folder), entry->d_name, device);
    if (inner) {
      empty(inner, device, depth + 1);
      closedir(inner);
    }
    unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
  }
}

void clinux_remove_tree(const char *path) {
  struct stat about;
  if (lstat(path, &about) != 0) return;
  DIR *folder = enter(AT_FDCWD, path, about.st_dev);
  if (folder) {
    empty(folder, about.st_dev, 0);
    closedir(folder);
  }
  rmdir(path);
}

static uint64_t measure(DIR *folder, dev_t device, uint64_t enough, int depth) {
  uint64_t sum = 0;
  struct dirent *entry;
  while (sum <= enough && (entry = readdir(folder))) {
    struct stat about;
    if (is_dot(entry->d_name) || fstatat(dirfd(folder), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0) continue;
    sum += (uint64_t)about.st_blocks * 512;
    if (!S_ISDIR(about.st_mode) || about.st_dev != device || depth >= DEEPEST) continue;
    DIR *inner = enter(dirfd(folder), entry->d_name, device);
    if (!inner) continue;
    sum += measure(inner, device, enough - sum < enough ? enough - sum : 0, depth + 1);
    closedir(inner);
  }
  return sum;
}

uint64_t clinux_tree_size(const char *path, uint64_t enough) {
  struct stat about;
  if (lstat(path, &about) != 0) return 0;
  DIR *folder = enter(AT_FDCWD, path, about.st_dev);
  if (!folder) return 0;
  uint64_t sum = measure(folder, about.st_dev, enough, 0);
  closedir(folder);
  return sum;
}
