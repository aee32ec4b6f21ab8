/// Which Unix sockets a zone may connect to.
#pragma once
#include "broker.h"

#include <sys/socket.h>
#include <sys/un.h>

/// Takes the paths of the list; complains of one that the zone's processes could replace.
int unix_paths_prepare(const struct csandbox_policy *policy, struct csandbox_complaint *complaint);

/// A descriptor (O_PATH) of the socket that the thread `caller` asks for by `address`, opened by this process from the list; -1 with errno
/// where it isn't in the list or not there. `path` receives what was asked for.
int unix_paths_open(pid_t caller, const struct sockaddr_un *address, socklen_t length, char *path, size_t size);

/// The address that connects to such a descriptor.
struct sockaddr_un unix_paths_address(int descriptor);
