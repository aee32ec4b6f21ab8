/// Linux calls that Swift on Linux cannot make by itself: variadic `syscall`, SCM_RIGHTS, posix_spawn
/// with descriptor mapping. Every function returns -1 and sets errno on failure unless it says otherwise.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Starts `path` in a session of its own. `map` holds `count` pairs (descriptor here, descriptor there);
/// every other descriptor above 2 is closed. Returns 0 or an errno value (not -1).
int clinux_spawn(const char *path, char *const argv[], char *const envp[], const char *directory,
                 const int *map, size_t count, pid_t *pid);

/// Sends one message with up to 8 descriptors (SCM_RIGHTS, unix(7)), without SIGPIPE.
ssize_t clinux_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

/// An anonymous file of `size` bytes in memory, close-on-exec (memfd_create(2)).
int clinux_memfd(const char *name, size_t size);

/// `openat2(2)` with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS: the path cannot leave `directory`.
int clinux_open_beneath(int directory, const char *path, int flags);

/// A connected pair of Unix sockets, close-on-exec; `packets` picks SOCK_SEQPACKET over SOCK_STREAM.
int clinux_socketpair(int packets, int pair[2]);

/// The user and group at the other end of a Unix socket (SO_PEERCRED).
int clinux_peer(int socket, uid_t *uid, gid_t *gid, pid_t *pid);

/// A pipe, close-on-exec; `ends` receives the read and the write end (pipe2(2)).
int clinux_pipe(int ends[2]);

/// Has the kernel send `signal` to this process when the thread that started it ends (PR_SET_PDEATHSIG).
int clinux_die_with_parent(int signal);

/// Has C's standard output written line by line, also into a pipe: what is printed before a crash is then seen.
int clinux_print_lines(void);

/// Gives memory that was freed beneath later, smaller blocks back to the system (malloc_trim(3)); takes milliseconds.
void clinux_trim_memory(void);

/// A file in `folder` for reading and writing that has no name and is gone with its last descriptor, close-on-exec (O_TMPFILE).
int clinux_unnamed_file(const char *folder);

/// Gives the blocks of a part of a file back to the disk; it reads as zeros (FALLOC_FL_PUNCH_HOLE).
int clinux_punch_hole(int file, int64_t offset, int64_t length);

/// Whether the file system of `path` is one whose changes by others the kernel doesn't hear of
/// (NFS, SMB, FUSE, 9p); also 1 where that can't be found out.
int clinux_is_remote(const char *path);

/// `O_PATH`, which Swift's importer doesn't see.
extern const int clinux_O_PATH;

/// A descriptor of the process `pid`, close-on-exec: it stays that process's, whoever gets the number later
/// (pidfd_open(2)).
int clinux_process_open(pid_t pid);

/// Sends a signal to the process of such a descriptor (pidfd_send_signal(2)).
int clinux_process_signal(int process, int signal);

/// Orphans among this process's descendants become its children (PR_SET_CHILD_SUBREAPER).
int clinux_adopt_orphans(void);

/// Has the kernel tell who sent each message that arrives at this Unix socket (SO_PASSCRED).
int clinux_ask_senders(int socket);

/// Receives one message; `sender` gets the process that sent it as this one's process table has it, 0 if that isn't known.
ssize_t clinux_receive(int socket, void *bytes, size_t length, pid_t *sender);

/// Opens `path` for reading as that user, with no further groups, and closes it again; 0, or why not (an errno value, not -1).
/// `mode` 1: whether it could be written instead, a folder: whether something could be made in it. `mode` 2: whether it could
/// be reached at all.
int clinux_try_access(uid_t uid, gid_t gid, const char *path, int mode);

/// Removes a folder with all that it holds, following no link and entering no other file system. What can't be removed stays.
void clinux_remove_tree(const char *path);

/// Bytes of disk that a folder holds; stops counting beyond `enough`.
uint64_t clinux_tree_size(const char *path, uint64_t enough);
