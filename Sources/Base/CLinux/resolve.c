#include "resolve.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

int clinux_dns_query(const char *name, int type, unsigned char *answer, size_t size, int seconds, int tries,
                     const uint32_t *server, uint16_t port, int *failure) {
  struct __res_state state;
  memset(&state, 0, sizeof state);
  *failure = CLINUX_DNS_FAILED;
  if (size > INT_MAX || res_ninit(&state) != 0) return -1;
  state.retrans = seconds;
  state.retry = tries;
  if (server) {
    state.nscount = 1;
    state.nsaddr_list[0].sin_family = AF_INET;
    state.nsaddr_list[0].sin_addr.s_addr = *server;
    state.nsaddr_list[0].sin_port = htons(port);
  }
  int length = res_nquery(&state, name, ns_c_in, type, answer, (int)size);
  int reason = state.res_h_errno;
  res_nclose(&state);
  if (length < 0) {
    if (reason == HOST_NOT_FOUND || reason == NO_DATA) *failure = CLINUX_DNS_NOTHING;
    return -1;
  }
  return (size_t)length > size ? -1 : length;
}
