/// Moving and locking files beneath directory descriptors: openat2(2), renameat2(2), fcntl(2) record locks. Every
/// function returns -1 and sets errno on failure unless it says otherwise.
#pragma once
#include <stdint.h>
#include <sys/types.h>

/// Opens `path` beneath `directory` without following any symbolic link (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
/// RESOLVE_NO_MAGICLINKS); always close-on-exec. `mode` counts with O_CREAT only.
int clinux_open_within(int directory, const char *path, int flags, mode_t mode);

/// Renames without ever replacing what is at the new place (RENAME_NOREPLACE): EEXIST if something is.
int clinux_rename_noreplace(int from_directory, const char *from, int to_directory, const char *to);

/// Takes a POSIX write lock on the whole file without waiting, as Python's `fcntl.lockf(fd, LOCK_EX | LOCK_NB)` does:
/// EACCES or EAGAIN while another process holds it.
int clinux_lock_record(int file);

/// Who holds a POSIX lock on the file that a write lock would collide with (F_GETLK). Returns 0 for nobody, 1 for
/// somebody; `pid` is then 0 where the holder can't be seen from this process's pid namespace.
int clinux_record_lock_holder(int file, pid_t *pid);

/// Sets the modification time alone, beneath `directory`, of a symbolic link itself too.
int clinux_set_mtime(int directory, const char *path, int64_t seconds, int64_t nanoseconds);

/// Major and minor number of a device, as /proc/locks writes them.
void clinux_device_numbers(dev_t device, unsigned *major_number, unsigned *minor_number);

/// What fstatat(2) says of `path` in `directory` (an empty path: of the open file itself), as plain numbers: mode with the
/// kind, user, group, size, device, inode, time of modification in nanoseconds. Symbolic links are followed if `follow`.
int clinux_file_facts(int directory, const char *path, int follow, int64_t facts[7]);
