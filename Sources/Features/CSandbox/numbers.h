/* System calls later than the headers of Debian 12. From 424 on every architecture has the same numbers. */
#pragma once

#include <sys/syscall.h>

#if defined(__x86_64__)
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "steward-launch knows the system calls of x86-64 and aarch64"
#endif

#define CALL_open_tree 428
#define CALL_move_mount 429
#define CALL_fsopen 430
#define CALL_fsconfig 431
#define CALL_fsmount 432
#define CALL_fspick 433
#define CALL_clone3 435
#define CALL_openat2 437
#define CALL_pidfd_getfd 438
#define CALL_process_madvise 440
#define CALL_mount_setattr 442
#define CALL_quotactl_fd 443
#define CALL_process_mrelease 448
#define CALL_fchmodat2 452
#define CALL_statmount 457
#define CALL_listmount 458
#define CALL_lsm_set_self_attr 460
#define CALL_setxattrat 463
#define CALL_removexattrat 466
#define CALL_open_tree_attr 467
#define CALL_file_setattr 469

/* The last call that this filter was written with knowledge of; later ones don't exist for a script. */
#define LAST_KNOWN_CALL 469
