/// Applying a policy to the calling process: what steward-launch consists of. docs/design/isolation.md has the contract.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The exit code of a launch that failed before the runtime ran.
#define CSANDBOX_FAILED 125

/// The longest policy.
#define CSANDBOX_POLICY_LIMIT (1 << 20)

/// No number was told.
#define CSANDBOX_ABSENT (-1)

/// What went wrong, as `WHAT: WHY`.
struct csandbox_complaint {
  char text[512];
};

/// Sets the text and returns -1. Bytes of values that aren't printable come out as '?'.
int csandbox_complain(struct csandbox_complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// The same with the reason that errno names.
int csandbox_complain_errno(struct csandbox_complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* -- The policy (policy.c) -- */

enum csandbox_limit {
  CSANDBOX_LIMIT_AS,
  CSANDBOX_LIMIT_DATA,
  CSANDBOX_LIMIT_CPU,
  CSANDBOX_LIMIT_FILES,
  CSANDBOX_LIMIT_PROCESSES,
  CSANDBOX_LIMIT_FILESIZE,
  CSANDBOX_LIMITS
};

enum csandbox_network { CSANDBOX_NETWORK_NONE, CSANDBOX_NETWORK_OUTBOUND, CSANDBOX_NETWORK_LISTED };

/// Bits of `namespaces`.
enum csandbox_namespace {
  CSANDBOX_NAMESPACE_USER = 1 << 0,
  CSANDBOX_NAMESPACE_MOUNT = 1 << 1,
  CSANDBOX_NAMESPACE_PID = 1 << 2,
  CSANDBOX_NAMESPACE_NET = 1 << 3,
  CSANDBOX_NAMESPACE_IPC = 1 << 4,
};

/// Bits of `required`.
enum csandbox_defence {
  CSANDBOX_DEFENCE_IDENTITY = 1 << 0,
  CSANDBOX_DEFENCE_PRIVILEGES = 1 << 1,
  CSANDBOX_DEFENCE_LIMITS = 1 << 2,
  CSANDBOX_DEFENCE_FILES = 1 << 3,
  CSANDBOX_DEFENCE_PORTS = 1 << 4,
  CSANDBOX_DEFENCE_SIGNALS = 1 << 5,
  CSANDBOX_DEFENCE_CALLS = 1 << 6,
  CSANDBOX_DEFENCE_SUPERVISION = 1 << 7,
  CSANDBOX_DEFENCE_PROCESSES = 1 << 8,
  CSANDBOX_DEFENCE_MOUNTS = 1 << 9,
  CSANDBOX_DEFENCE_NETWORK = 1 << 10,
  CSANDBOX_DEFENCE_IPC = 1 << 11,
  CSANDBOX_DEFENCE_CGROUP = 1 << 12,
};

enum csandbox_rights { CSANDBOX_READ, CSANDBOX_WRITE, CSANDBOX_DEVICE, CSANDBOX_HIDE };

/// A path and what may be done beneath it; hidden ones are covered where the zone has a file tree of its own.
struct csandbox_path {
  const char *path;
  enum csandbox_rights rights;
};

enum csandbox_destination_kind { CSANDBOX_TO_TCP, CSANDBOX_TO_UNIX, CSANDBOX_TO_ANYWHERE };

/// Where a connection may go.
struct csandbox_destination {
  enum csandbox_destination_kind kind;
  /// TCP: a name or an address.
  char host[256];
  uint16_t port;
  /// Unix: an absolute path.
  const char *path;
};

/// A policy as it was read. Strings lie in the bytes that it was read from.
struct csandbox_policy {
  /// CSANDBOX_ABSENT: stay who we are; both or neither.
  int64_t uid, gid;
  /// CSANDBOX_ABSENT: as it is.
  int64_t limits[CSANDBOX_LIMITS];
  struct csandbox_path *paths;
  size_t path_count;
  enum csandbox_network network;
  struct csandbox_destination *destinations;
  size_t destination_count;
  uint32_t namespaces;
  const char **cgroups;
  size_t cgroup_count;
  uint32_t required;
};

/// Reads records from `length` bytes, which must outlive the policy; does nothing else. -1: `complaint` says which record is wrong and why.
int csandbox_policy_read(const char *bytes, size_t length, struct csandbox_policy *policy,
                         struct csandbox_complaint *complaint);

/// Adds a path that was found out since; -1 without memory.
int csandbox_policy_add(struct csandbox_policy *policy, const char *path, enum csandbox_rights rights);

/// Frees what reading allocated.
void csandbox_policy_free(struct csandbox_policy *policy);

/// The name of one defence (one bit).
const char *csandbox_defence_name(uint32_t defence);

/* -- What is applied, one file each. All return 0, or -1 with a complaint. -- */

/// rlimits (limits.c), but for that of processes.
int csandbox_limit(const struct csandbox_policy *policy, struct csandbox_complaint *complaint);

/// The limit of processes: so many may be added to those that the user has already. For when the process is who it will be.
int csandbox_limit_processes(const struct csandbox_policy *policy, struct csandbox_complaint *complaint);

/// Threads of the caller's user as the kernel counts them (user namespaces included), the caller's own among them; found by trying
/// which limit stops a fork. Meaningless where limits don't bind the caller: root, CAP_SYS_RESOURCE, CAP_SYS_ADMIN.
int64_t csandbox_count_threads(void);

/// The kernel's version of Landlock; 0 without it.
int csandbox_landlock_version(void);

/// A ruleset of the policy (landlock.c); -2: the kernel has no Landlock.
int csandbox_landlock_make(const struct csandbox_policy *policy, struct csandbox_complaint *complaint);

/// Puts a ruleset into force and closes it.
int csandbox_landlock_enforce(int ruleset, struct csandbox_complaint *complaint);

/// For a supervisor: it may read /proc and nothing else.
int csandbox_landlock_supervisor(struct csandbox_complaint *complaint);

/// Whether the policy's user is the one that the caller runs as.
int csandbox_is_same_user(const struct csandbox_policy *policy);

/// Takes every capability from what may be executed later (identity.c); before the identity, since that gives the right away.
int csandbox_drop_bounding(uint64_t keep);

/// Becomes the policy's user and group, with no further groups.
int csandbox_become(const struct csandbox_policy *policy, struct csandbox_complaint *complaint);

/// Leaves only these capabilities (bits) to the process, and no_new_privs.
int csandbox_drop_privileges(uint64_t keep, struct csandbox_complaint *complaint);

/// What decides about system calls.
struct csandbox_calls {
  enum csandbox_network network;
  /// The process has the uid of others that it must not touch.
  int same_user;
  /// It has an ipc namespace of its own.
  int own_ipc;
  /// Version of Landlock that is in force.
  int landlock;
  /// With `listed`: another filter asks the supervisor about connect(2) and looks after sends.
  int brokered;
  /// With `listed`: sockets of datagrams may be made too.
  int datagrams;
  /// With `listed`: Unix sockets may be made, to be connected by the broker.
  int unix_sockets;
};

struct sock_filter;

/// Writes the filter's program (calls.c); its length, or 0 when `capacity` is too small.
size_t csandbox_calls_program(const struct csandbox_calls *calls, struct sock_filter *program, size_t capacity);

/// Puts the filter into force (seccomp.c); -2: the kernel has no seccomp filters.
int csandbox_filter_calls(const struct csandbox_calls *calls, struct csandbox_complaint *complaint);

/// Reads a descriptor to its end into memory that the caller frees (descriptors.c).
char *csandbox_read_all(int descriptor, size_t limit, size_t *length, struct csandbox_complaint *complaint);

/// Closes every descriptor from `first` on.
int csandbox_close_from(unsigned first, struct csandbox_complaint *complaint);

/* -- The two processes -- */

struct csandbox_spaces;

/// One launch: what the parts hand to each other.
struct csandbox_launch {
  const struct csandbox_policy *policy;
  char *const *arguments;
  /// The supervisor's process id, for the child's check that it still has a parent.
  pid_t supervisor;
  /// What the process has of its own.
  const struct csandbox_spaces *spaces;
  /// Where the listener of connections goes (`listed`); -1: there is none.
  int wire;
};

/// The child (confine.c): applies the policy and executes the program. Returns only on failure.
int csandbox_confine_and_execute(const struct csandbox_launch *launch, struct csandbox_complaint *complaint);

/// The parent, before it forks (supervise.c): adopts orphans, blocks signals. -1 or a descriptor that tells of ended children.
int csandbox_prepare_supervision(struct csandbox_complaint *complaint);

/// Gives away what a supervisor doesn't need.
int csandbox_confine_supervisor(const struct csandbox_policy *policy, struct csandbox_complaint *complaint);

/// Stays until nothing is left beneath; the exit code of `runtime`. With a process table of its own that one's first process does the same
/// inside, and it alone hears what the server says on the lifeline.
int csandbox_supervise(pid_t runtime, int children, int lifeline, int has_table);

/// Kills every process beneath the caller and reaps them (tree.c). Needs PR_SET_CHILD_SUBREAPER.
void csandbox_end_tree(void);

/// Kills a process and all beneath it, as far as they are seen now; how many were killed.
unsigned csandbox_kill_beneath(pid_t process);

/// Children of a process, all of its threads'; up to `capacity`, the number seen.
size_t csandbox_children(pid_t process, pid_t *children, size_t capacity);

/// Prints what this machine can do for this process (probe.c).
int csandbox_probe(void);
