#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int clinux_open_within(int directory, const char *path, int flags, mode_t mode) {
  struct open_how how = {
      .flags = (uint64_t)(flags | O_CLOEXEC),
      .mode = flags & O_CREAT ? mode : 0,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  long result;
  do {
    result = syscall(SYS_openat2, directory, path, &how, sizeof how);
  } while (result < 0 && (errno == EINTR || errno == EAGAIN));
  return (int)result;
}

int clinux_rename_noreplace(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int clinux_lock_record(int file) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(file, F_SETLK, &lock);
}

int clinux_record_lock_holder(int file, pid_t *pid) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(file, F_GETLK, &lock)) return -1;
  if (lock.l_type == F_UNLCK) return 0;
  *pid = lock.l_pid > 0 ? lock.l_pid : 0;
  return 1;
}

int clinux_set_mtime(int directory, const char *path, int64_t seconds, int64_t nanoseconds) {
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  return utimensat(directory, path, times, AT_SYMLINK_NOFOLLOW);
}

void clinux_device_numbers(dev_t device, unsigned *major_number, unsigned *minor_number) {
  *major_number = major(device);
  *minor_number = minor(device);
}

int clinux_file_facts(int directory, const char *path, int follow, int64_t facts[7]) {
  struct stat status;
  if (fstatat(directory, path, &status, AT_EMPTY_PATH | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) != 0) return -1;
  facts[0] = status.st_mode;
  facts[1] = status.st_uid;
  facts[2] = status.st_gid;
  facts[3] = status.st_size;
  facts[4] = (int64_t)status.st_dev;
  facts[5] = (int64_t)status.st_ino;
  facts[6] = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  return 0;
}
