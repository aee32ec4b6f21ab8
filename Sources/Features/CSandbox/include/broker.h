/// The broker of `network: [HOST:PORT, unix:/PATH]`: connect(2) of a zone's processes is decided and made by the zone's supervisor.
///
/// The address is read once, out of the caller's memory, and the socket is connected to that copy: what the caller writes there meanwhile
/// changes nothing. Without a broker every connect fails.
#pragma once
#include "csandbox.h"

/// Whether a destination is a name, so that resolvers are let through too (port 53 of /etc/resolv.conf, by TCP).
int csandbox_has_names(const struct csandbox_policy *policy);

/// Whether a destination is anything on the Internet, datagrams included.
int csandbox_reaches_anywhere(const struct csandbox_policy *policy);

/// In the zone's process, before its own filter: connect(2) becomes a question, and what goes around it (datagrams to addresses, fast
/// open, source routes) is refused. Returns the listener, which belongs to the supervisor, or -1.
int csandbox_listen(int anywhere);

/// In the zone's process: hands the listener to the supervisor over a socket of a connected pair, and closes both.
int csandbox_hand_over(int socket, int listener);

/// In the supervisor: takes it. Returns -1 where the other end closed without.
int csandbox_take_over(int socket);

/// In the supervisor: answers from threads of their own until the process ends, as the policy's user. The policy must stay.
int csandbox_broker_start(int listener, const struct csandbox_policy *policy, struct csandbox_complaint *complaint);
