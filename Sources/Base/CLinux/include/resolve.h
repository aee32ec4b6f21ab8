/// Asking name servers for records of any type: resolver(3).
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Why there is no answer.
enum {
  /// The name does not exist, or has no record of the type.
  CLINUX_DNS_NOTHING = 1,
  /// No server answered in time, or one answered that it can't.
  CLINUX_DNS_FAILED = 2
};

/// Asks the servers of /etc/resolv.conf for the records (class IN) of `type` that `name` has, with a resolver state of
/// its own: any thread may. Each server has `seconds` to answer and is asked `tries` times. `server`, an IPv4 address in
/// network order with its `port`, is asked instead where it isn't NULL. Fills `answer` with the whole message and returns its
/// length; -1 with the reason in `failure` where there is none, or where it is longer than `size`.
int clinux_dns_query(const char *name, int type, unsigned char *answer, size_t size, int seconds, int tries,
                     const uint32_t *server, uint16_t port, int *failure);
