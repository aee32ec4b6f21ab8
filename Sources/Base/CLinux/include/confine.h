/// What a privileged process gives up: capabilities(7), landlock(7), prctl(2). Every function returns -1 and sets
/// errno on failure unless it says otherwise. Capabilities and Landlock hold for the calling thread and what it starts:
/// a program with threads confines itself and then executes itself again.
#pragma once
#include <stdint.h>

/// Nothing executed from here on gains rights: no set-uid, no file capabilities (PR_SET_NO_NEW_PRIVS).
int clinux_no_new_privileges(void);

/// Whether this thread has given that up already.
int clinux_has_no_new_privileges(void);

/// Keeps the capabilities whose bits are set in `keep` (1 << CAP_...) and drops the others from the bounding, permitted,
/// effective, inheritable and ambient sets. What isn't held isn't gained.
int clinux_keep_capabilities(uint64_t keep);

/// The capabilities in effect for this thread.
int clinux_capabilities(uint64_t *effective);

/// The version of Landlock that the kernel has; -1 with errno ENOSYS or EOPNOTSUPP where it has none.
int clinux_landlock_version(void);

/// Rights over files that `clinux_landlock_allow` can grant again.
enum {
  /// Writing to and truncating files that are there.
  CLINUX_WRITE = 1,
  /// Making, renaming and removing as well.
  CLINUX_CHANGE = 2
};

/// Begins a ruleset after which no file may be written, made or removed and, where the kernel knows how to forbid it, no
/// TCP port bound, no process outside signalled. Returns a descriptor.
int clinux_landlock_begin(void);

/// Allows `rights` beneath `path`, which may be a file or a folder.
int clinux_landlock_allow(int ruleset, const char *path, int rights);

/// Puts the ruleset into force for this thread, for good. The descriptor stays open.
int clinux_landlock_enforce(int ruleset);
