/// Connects that wait: they end when their caller is interrupted, as they would if it waited itself.
#pragma once
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/// Starts the thread that looks after those who wait. Returns 0 or an errno value.
int blocking_prepare(int listener);

/// connect(2) for the thread `caller` whose question is `id`. Returns 0, or minus the errno value that the caller gets.
int blocking_connect(int socket, const struct sockaddr *address, socklen_t length, pid_t caller, uint64_t id);
