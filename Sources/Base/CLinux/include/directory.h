/// Reading directories by descriptor.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// `getdents64(2)` into `buffer`: the bytes filled, 0 at the end. Records are as the system call's manual says.
ssize_t clinux_getdents(int directory, void *buffer, size_t size);
