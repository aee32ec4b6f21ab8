#define _GNU_SOURCE
#include "calls.h"
#include "numbers.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Flags of a socket's type lie above. */
#define TYPE_BITS 0xf

struct sockets {
  struct assembler *out;
  place allow, refuse;
};

/* socket(AF_INET or AF_INET6, ...): TCP, and UDP if `datagrams`. Nothing raw, none of the other transports. */
static place check_internet(struct sockets *s, int datagrams) {
  place tcp = bpf_branch(s->out, BPF_JEQ, IPPROTO_TCP, s->allow, s->refuse);
  tcp = bpf_load(s->out, argument_low(2), bpf_branch(s->out, BPF_JEQ, 0, s->allow, tcp));
  place udp = bpf_branch(s->out, BPF_JEQ, IPPROTO_UDP, s->allow, s->refuse);
  udp = bpf_load(s->out, argument_low(2), bpf_branch(s->out, BPF_JEQ, 0, s->allow, udp));
  place type = bpf_branch(s->out, BPF_JEQ, SOCK_DGRAM, datagrams ? udp : s->refuse, s->refuse);
  type = bpf_branch(s->out, BPF_JEQ, SOCK_STREAM, tcp, type);
  return bpf_load(s->out, argument_low(1), bpf_mask(s->out, TYPE_BITS, type));
}

/* socket(AF_UNIX, ...): connected ones only; one of datagrams could send to any address. */
static place check_unix(struct sockets *s) {
  place type = bpf_branch(s->out, BPF_JEQ, SOCK_SEQPACKET, s->allow, s->refuse);
  type = bpf_branch(s->out, BPF_JEQ, SOCK_STREAM, s->allow, type);
  return bpf_load(s->out, argument_low(1), bpf_mask(s->out, TYPE_BITS, type));
}

static place check_family(struct sockets *s, const struct csandbox_calls *calls) {
  place internet = s->refuse, netlink = s->refuse, local = s->refuse;
  int outbound = calls->network == CSANDBOX_NETWORK_OUTBOUND, listed = calls->network == CSANDBOX_NETWORK_LISTED;
  if (outbound || listed) internet = check_internet(s, outbound || calls->datagrams);
  if (listed && calls->unix_sockets) local = check_unix(s);
  if (outbound || (listed && calls->datagrams)) {
    /* Which addresses the machine has: getaddrinfo and getifaddrs ask it. */
    netlink = bpf_branch(s->out, BPF_JEQ, NETLINK_ROUTE, s->allow, s->refuse);
    netlink = bpf_load(s->out, argument_low(2), netlink);
  }
  place family = bpf_return(s->out, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  family = bpf_branch(s->out, BPF_JEQ, AF_NETLINK, netlink, family);
  family = bpf_branch(s->out, BPF_JEQ, AF_UNIX, local, family);
  family = bpf_branch(s->out, BPF_JEQ, AF_INET6, internet, family);
  family = bpf_branch(s->out, BPF_JEQ, AF_INET, internet, family);
  return bpf_load(s->out, argument_low(0), family);
}

/* Pairs are connected for ever, unless of datagrams. */
static place check_pair(struct sockets *s) {
  place type = check_unix(s);
  return bpf_load(s->out, argument_low(0), bpf_branch(s->out, BPF_JEQ, AF_UNIX, type, s->refuse));
}

/* Only the addresses of netlink have this length. */
static place check_bind(struct sockets *s) {
  place length = bpf_branch(s->out, BPF_JEQ, sizeof(struct sockaddr_nl), s->allow, s->refuse);
  return bpf_load(s->out, argument_low(2), length);
}

/* Connects and sends in one, past Landlock's check of connections. */
static place check_flags(struct sockets *s, unsigned index) {
  place refuse = bpf_return(s->out, SECCOMP_RET_ERRNO | EOPNOTSUPP);
  return bpf_load(s->out, argument_low(index), bpf_branch(s->out, BPF_JSET, MSG_FASTOPEN, refuse, s->allow));
}

void call_sockets_make(struct call_rules *rules, const struct csandbox_calls *calls, struct assembler *out, place allow) {
  struct sockets s = {.out = out, .allow = allow, .refuse = bpf_return(out, SECCOMP_RET_ERRNO | EPERM)};
  call_rule_add(rules, SYS_socket, check_family(&s, calls));
  call_rule_add(rules, SYS_socketpair, check_pair(&s));
  call_rule_add(rules, SYS_bind, calls->network == CSANDBOX_NETWORK_NONE ? s.refuse : check_bind(&s));
  /* Landlock lets a socket listen that wasn't bound. */
  call_rule_add(rules, SYS_listen, s.refuse);
  if (calls->network == CSANDBOX_NETWORK_NONE) call_rule_add(rules, SYS_connect, s.refuse);
  if (calls->network != CSANDBOX_NETWORK_LISTED || calls->brokered) return;
  call_rule_add(rules, SYS_connect, s.refuse);
  call_rule_add(rules, SYS_sendto, check_flags(&s, 3));
  call_rule_add(rules, SYS_sendmsg, check_flags(&s, 2));
  call_rule_add(rules, SYS_sendmmsg, check_flags(&s, 3));
}
