#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int csandbox_is_same_user(const struct csandbox_policy *policy) {
  return policy->uid == CSANDBOX_ABSENT || (uid_t)policy->uid == getuid();
}

int csandbox_drop_bounding(uint64_t keep) {
  for (int capability = 0; capability < 64; capability++) {
    if (keep >> capability & 1) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL && capability > 0 ? 0 : -1;
  }
  return 0;
}

int csandbox_become(const struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  if (policy->uid == CSANDBOX_ABSENT) return 0;
  uid_t user = (uid_t)policy->uid;
  gid_t group = (gid_t)policy->gid;
  if (setgroups(0, NULL) != 0) return csandbox_complain_errno(complaint, "identity: leaving groups");
  if (setresgid(group, group, group) != 0) return csandbox_complain_errno(complaint, "identity: gid %u", group);
  if (setresuid(user, user, user) != 0) return csandbox_complain_errno(complaint, "identity: uid %u", user);
  return 0;
}

int csandbox_drop_privileges(uint64_t keep, struct csandbox_complaint *complaint) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return csandbox_complain_errno(complaint, "privileges: no_new_privs");
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    return csandbox_complain_errno(complaint, "privileges: ambient capabilities");
  if (syscall(SYS_capget, &header, data) != 0) return csandbox_complain_errno(complaint, "privileges: capget");
  for (int half = 0; half < 2; half++) {
    data[half].permitted &= (uint32_t)(keep >> (32 * half));
    data[half].effective = data[half].permitted;
    data[half].inheritable = 0;
  }
  if (syscall(SYS_capset, &header, data) != 0) return csandbox_complain_errno(complaint, "privileges: capset");
  return 0;
}
