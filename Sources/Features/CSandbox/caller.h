/// What the broker takes from whoever asks to connect.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The calling thread becomes the zone's user for good ((uid_t)-1: stays who it is) and keeps no right but to read the memory of others, where
/// it has that. Threads that it starts are the same. Returns -1 with errno.
int caller_become(uid_t uid, gid_t gid);

/// A descriptor of the thread's process, or -1.
int caller_open(pid_t thread);

/// A copy of one of its descriptors, close-on-exec, or -1.
int caller_descriptor(int process, int number);

/// Reads all of `length` bytes of its memory: 0 or minus an errno value.
int caller_read(pid_t thread, uint64_t from, void *to, size_t length);
