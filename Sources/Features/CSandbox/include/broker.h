/// The broker of `network: [HOST:PORT, unix:/PATH]`: connect(2) of a zone's processes is decided and made by the zone's supervisor.
///
/// The address is read once, out of the caller's memory, and the socket is connected to that copy: what the caller writes there meanwhile
/// changes nothing. Without a broker every connect fails.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// One destination: a host and a port, a socket's path, or (neither) anything on the Internet.
struct csandbox_destination {
  const char *host;
  uint16_t port;
  const char *path;
};

/// What may be reached, and as whom.
struct csandbox_broker {
  const struct csandbox_destination *list;
  size_t count;
  /// Who connects: the zone's user and group; (uid_t)-1: whoever this process runs as.
  uid_t uid;
  gid_t gid;
  /// Absolute paths that the zone writes to: a Unix socket there could be replaced, and isn't accepted.
  const char *const *writable;
  size_t writables;
};

/// Whether one of the destinations is a name, so that resolvers are let through too (port 53 of /etc/resolv.conf, by TCP).
int csandbox_has_names(const struct csandbox_destination *list, size_t count);

/// In the zone's process, before its own filter: connect(2) becomes a question, and what goes around it (datagrams, fast open, io_uring,
/// source routes) is refused. Returns the listener, which belongs to the supervisor, or -1.
int csandbox_listen(int anywhere);

/// In the zone's process: hands the listener to the supervisor over a socket of a connected pair, and closes both.
int csandbox_hand_over(int socket, int listener);

/// In the supervisor: takes it. Returns -1 where the other end closed without.
int csandbox_take_over(int socket);

/// In the supervisor: answers from threads of their own until the process ends. What `broker` points to must stay. Returns 0, or -1 with the
/// reason in `why`.
int csandbox_broker_start(int listener, const struct csandbox_broker *broker, char *why, size_t size);
