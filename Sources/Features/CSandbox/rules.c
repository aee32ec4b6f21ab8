#define _GNU_SOURCE
#include "calls.h"
#include "numbers.h"

#include <errno.h>
#include <linux/seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Never: other processes' memory, the machine, what widens the kernel's surface, and other identities. */
static const unsigned denied[] = {
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, CALL_process_madvise, CALL_process_mrelease, SYS_kcmp,
    CALL_pidfd_getfd, SYS_move_pages, SYS_migrate_pages,
    /* file trees */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, CALL_open_tree, CALL_open_tree_attr, CALL_move_mount, CALL_fsopen,
    CALL_fsconfig, CALL_fsmount, CALL_fspick, CALL_mount_setattr, CALL_statmount, CALL_listmount, SYS_swapon,
    SYS_swapoff, SYS_quotactl, CALL_quotactl_fd, SYS_acct,
    /* namespaces */
    SYS_unshare, SYS_setns,
    /* the machine */
    SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_syslog,
    SYS_vhangup, SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_lookup_dcookie, SYS_nfsservctl,
    /* parts of the kernel that scripts have no use for */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_add_key, SYS_request_key, SYS_keyctl, CALL_lsm_set_self_attr,
    /* past Landlock: by handle instead of by path, and watching, which it doesn't cover */
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_fanotify_mark, SYS_inotify_add_watch,
    /* identities */
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_setfsuid,
    SYS_setfsgid,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_create_module, SYS_get_kernel_syms, SYS_query_module, SYS__sysctl,
    SYS_uselib, SYS_sysfs,
#endif
};

/* On files of the script's own user, that is the server's: Landlock leaves owners, modes, times and attributes alone, and a
   descriptor that was opened for reading is as good for them as one that was opened for writing. */
static const unsigned denied_to_the_servers_user[] = {
    SYS_fchmod, SYS_fchmodat, CALL_fchmodat2, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, CALL_setxattrat, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, CALL_removexattrat,
    CALL_file_setattr,
#if defined(__x86_64__)
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

/* Outlives its processes and is open to every process of the user, unless the zone has an ipc namespace. */
static const unsigned denied_with_shared_queues[] = {
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_semctl, SYS_semop, SYS_semtimedop, SYS_msgget, SYS_msgsnd,
    SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink,
};

void call_rule_add(struct call_rules *rules, unsigned number, place to) {
  if (rules->count < RULES_LIMIT) rules->list[rules->count++] = (struct call_rule){number, to};
}

static void add_all(struct call_rules *rules, const unsigned *numbers, size_t count, place to) {
  for (size_t i = 0; i < count; i++) call_rule_add(rules, numbers[i], to);
}

void call_rules_make(struct call_rules *rules, const struct csandbox_calls *calls, struct assembler *out, place allow) {
  place refuse = bpf_return(out, SECCOMP_RET_ERRNO | EPERM);
  add_all(rules, denied, COUNT(denied), refuse);
  if (calls->same_user) add_all(rules, denied_to_the_servers_user, COUNT(denied_to_the_servers_user), refuse);
  if (!calls->own_ipc) add_all(rules, denied_with_shared_queues, COUNT(denied_with_shared_queues), refuse);
  call_checks_make(rules, calls, out, allow);
  call_sockets_make(rules, calls, out, allow);
}
