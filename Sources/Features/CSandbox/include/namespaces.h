/// Namespaces of a zone, made by the fork that makes its first process.
#pragma once
#include "csandbox.h"

/// What became of them.
struct csandbox_spaces {
  /// CSANDBOX_NAMESPACE_* that hold.
  uint32_t made;
  /// /tmp and /dev/shm are the zone's own, empty, and may be written to.
  int has_tmp, has_shm;
  /// Everything but what the policy lets be written is read-only.
  int is_sealed;
  /// The process is in the policy's control groups.
  int is_grouped;
  /// Why the first of them isn't made, as `WHAT: WHY`; empty: nothing is missing.
  char why[192];
  /// Why the control groups couldn't be joined; empty: they were, or there are none.
  char why_not_grouped[192];
};

/// Room that a child's findings are seen in by its parent; NULL without memory.
struct csandbox_spaces *csandbox_spaces_make(void);

/// fork(2) into the namespaces and control groups of the policy: tries all that are wanted and leaves out what can't be made.
/// The child has its file tree already. With CSANDBOX_NAMESPACE_PID it is the first process of its table, and has to reap.
/// Returns what fork(2) returns; the child must not use threads.
pid_t csandbox_fork(const struct csandbox_policy *policy, struct csandbox_spaces *spaces);

/// The namespaces that the policy wants: one for the network only where it may use none.
uint32_t csandbox_wanted_namespaces(const struct csandbox_policy *policy);

/// Defences (CSANDBOX_DEFENCE_*) that hold by these namespaces.
uint32_t csandbox_spaces_hold(const struct csandbox_policy *policy, const struct csandbox_spaces *spaces);

/// In the child: makes its file tree (mounts.c). Returns the namespaces that have to go because they can't be made whole.
uint32_t csandbox_mount(const struct csandbox_policy *policy, struct csandbox_spaces *spaces);
