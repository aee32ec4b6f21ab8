#define _GNU_SOURCE
#include "unix-paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct csandbox_policy *allowed;

static int lies_beneath(const char *path, const char *folder) {
  size_t length = strlen(folder);
  while (length > 1 && folder[length - 1] == '/') length--;
  return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

int unix_paths_prepare(const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  for (size_t i = 0; i < policy->destination_count; i++) {
    if (policy->destinations[i].kind != CSANDBOX_TO_UNIX) continue;
    for (size_t j = 0; j < policy->path_count; j++) {
      if (policy->paths[j].rights != CSANDBOX_WRITE || !lies_beneath(policy->destinations[i].path, policy->paths[j].path))
        continue;
      return csandbox_complain(complaint, "network: unix:%s lies in %.200s, where scripts may put another socket in its place",
                               policy->destinations[i].path, policy->paths[j].path);
    }
  }
  allowed = policy;
  return 0;
}

/* What the caller means, as an absolute path. */
static int absolute_path(pid_t caller, const struct sockaddr_un *address, socklen_t length, char *path, size_t size) {
  char name[sizeof address->sun_path + 1], link[64], folder[PATH_MAX];
  size_t count = length - offsetof(struct sockaddr_un, sun_path);
  if (length <= offsetof(struct sockaddr_un, sun_path) || address->sun_path[0] == 0) {
    snprintf(path, size, "an abstract socket");
    errno = EACCES;
    return -1;
  }
  memcpy(name, address->sun_path, count);
  name[count] = 0;
  if (name[0] == '/') return snprintf(path, size, "%s", name) < (int)size ? 0 : -1;
  snprintf(link, sizeof link, "/proc/%d/cwd", (int)caller);
  ssize_t filled = readlink(link, folder, sizeof folder - 1);
  if (filled < 0) return -1;
  folder[filled] = 0;
  return snprintf(path, size, "%s/%s", folder, name) < (int)size ? 0 : -1;
}

/* The same file, seen with the caller's mounts and links. */
static int stat_as(pid_t caller, const char *path, struct stat *about) {
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/root", (int)caller);
  int root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return -1;
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  int file = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
  int result = file < 0 ? -1 : fstat(file, about);
  int error = errno;
  if (file >= 0) close(file);
  close(root);
  errno = error;
  return result;
}

int unix_paths_open(pid_t caller, const struct sockaddr_un *address, socklen_t length, char *path, size_t size) {
  struct stat asked, listed;
  if (absolute_path(caller, address, length, path, size) != 0) return -1;
  int is_there = stat_as(caller, path, &asked) == 0;
  for (size_t i = 0; i < allowed->destination_count; i++) {
    if (allowed->destinations[i].kind != CSANDBOX_TO_UNIX) continue;
    const char *name = allowed->destinations[i].path;
    int is_named = strcmp(name, path) == 0;
    int file = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 && is_named) return -1;
    if (file < 0) continue;
    int is_same = fstat(file, &listed) == 0 && S_ISSOCK(listed.st_mode) &&
                  (is_named || (is_there && asked.st_dev == listed.st_dev && asked.st_ino == listed.st_ino));
    if (is_same) return file;
    close(file);
    if (is_named) {
      errno = ECONNREFUSED;
      return -1;
    }
  }
  errno = EACCES;
  return -1;
}

struct sockaddr_un unix_paths_address(int descriptor) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", descriptor);
  return address;
}
