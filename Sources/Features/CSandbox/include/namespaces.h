/// Namespaces of a zone: made by the fork that makes its first process.
#pragma once
#include <stddef.h>
#include <sys/types.h>

enum {
  CSANDBOX_NS_USER = 1,
  CSANDBOX_NS_MOUNT = 2,
  CSANDBOX_NS_PID = 4,
  CSANDBOX_NS_NET = 8,
  CSANDBOX_NS_IPC = 16,
};

/// What is wanted.
struct csandbox_namespaces {
  /// CSANDBOX_NS_*; USER is made only where the others can't be had without.
  unsigned wanted;
  /// Absolute paths that stay writable; everything else is mounted read-only.
  const char *const *writable;
  size_t writables;
  /// Absolute paths that must be seen: kept where they lie beneath what is covered (/tmp, /dev/shm).
  const char *const *readable;
  size_t readables;
  /// Absolute paths that are covered by something empty.
  const char *const *hidden;
  size_t hiddens;
  /// Bytes that /tmp and /dev/shm may hold each; 0: a quarter of the machine's memory.
  size_t scratch;
};

/// What became of it.
struct csandbox_spaces {
  /// CSANDBOX_NS_* that hold.
  unsigned made;
  /// /tmp and /dev/shm are the zone's own, empty, and may be written to.
  int has_tmp, has_shm;
  /// /proc shows the zone's processes alone.
  int has_proc;
  /// Everything but the writable paths is read-only.
  int is_sealed;
  /// The first thing that couldn't be done, as `WHAT: WHY`; empty: nothing.
  char why[192];
};

/// fork(2) into the namespaces: tries all that are wanted, leaves out what can't be made. In the child `spaces->made` and the
/// user's maps are in force, mounts are still the parent's. Returns what fork(2) returns.
pid_t csandbox_fork(const struct csandbox_namespaces *wanted, struct csandbox_spaces *spaces);

/// In the child, with CAP_SYS_ADMIN over its mounts and before anything confines it: the file tree. Returns -1 where something that
/// must be hidden can't be: the mount namespace then protects nothing, and the reason is in `spaces->why`.
int csandbox_mount(const struct csandbox_namespaces *wanted, struct csandbox_spaces *spaces);

/// In the child, last but for the program: where it is the first process of its own table it forks once more, stays to reap, and never
/// returns; the process that returns is the one that becomes the runtime. Returns -1 where it can't fork.
int csandbox_begin_table(const struct csandbox_spaces *spaces);

/// Writes "mount, pid: why" into `text` for what `wanted` names and `spaces` lacks; returns whether anything is missing.
int csandbox_missing(const struct csandbox_namespaces *wanted, const struct csandbox_spaces *spaces, char *text, size_t size);
