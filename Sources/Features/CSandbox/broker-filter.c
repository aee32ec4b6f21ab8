#define _GNU_SOURCE
#include "broker.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "no seccomp architecture known for this processor"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Little-endian on every processor above: the low half comes first. */
#define LOW(number) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[number]))
#define HIGH(number) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[number]) + 4)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EACCES)
#define REFUSE_IF_HAS(bits) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), REFUSE
#define REFUSE_IF(value) EQUAL(value, 0, 1), REFUSE
#define ALLOW_IF(value) EQUAL(value, 0, 1), ALLOW

enum { level_ip = 0, level_ipv6 = 41 };

static const struct sock_filter connects[] = {RETURN(SECCOMP_RET_USER_NOTIF)};

/* Fast open connects and sends in one. Datagrams are for those who may reach anything; nobody else has a use for an address. */
static const struct sock_filter sends_to[] = {
    LOW(3), REFUSE_IF_HAS(MSG_FASTOPEN), LOW(4), EQUAL(0, 1, 0), REFUSE, HIGH(4), ALLOW_IF(0), REFUSE,
};
static const struct sock_filter sends_to_anywhere[] = {LOW(3), REFUSE_IF_HAS(MSG_FASTOPEN), ALLOW};
static const struct sock_filter sends_message[] = {LOW(2), REFUSE_IF_HAS(MSG_FASTOPEN), ALLOW};
static const struct sock_filter sends_messages[] = {LOW(3), REFUSE_IF_HAS(MSG_FASTOPEN), ALLOW};

/* Source routes lead elsewhere than the address says: IP_OPTIONS, IPV6_RTHDR, IPV6_2292RTHDR, IPV6_2292PKTOPTIONS. */
static const struct sock_filter sets_option[] = {
    LOW(1), EQUAL(level_ip, 0, 4), LOW(2), REFUSE_IF(4), ALLOW,
    EQUAL(level_ipv6, 0, 7), LOW(2), REFUSE_IF(57), REFUSE_IF(5), REFUSE_IF(6), ALLOW,
};

static const struct sock_filter start[] = {
    LOAD(arch), EQUAL(NATIVE, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr),
#ifdef __x86_64__
    /* The x32 calls have the same numbers with this bit. */
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
#endif
};

struct rule {
  int call;
  const struct sock_filter *body, *body_anywhere;
  size_t count, count_anywhere;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The main filter has the rest of what `network listed` means: kinds of sockets, io_uring, listening. */
static const struct rule rules[] = {
    {SYS_connect, connects, connects, COUNT(connects), COUNT(connects)},
    {SYS_sendto, sends_to, sends_to_anywhere, COUNT(sends_to), COUNT(sends_to_anywhere)},
    {SYS_sendmsg, sends_message, sends_message, COUNT(sends_message), COUNT(sends_message)},
    {SYS_sendmmsg, sends_messages, sends_messages, COUNT(sends_messages), COUNT(sends_messages)},
    {SYS_setsockopt, sets_option, sets_option, COUNT(sets_option), COUNT(sets_option)},
};

enum { longest = 64 };

static unsigned short assemble(struct sock_filter *program, int anywhere) {
  size_t length = COUNT(start);
  memcpy(program, start, sizeof start);
  for (size_t i = 0; i < COUNT(rules); i++) {
    const struct sock_filter *body = anywhere ? rules[i].body_anywhere : rules[i].body;
    size_t count = anywhere ? rules[i].count_anywhere : rules[i].count;
    if (length + count + 2 > longest) return 0;
    program[length++] = (struct sock_filter)EQUAL((unsigned)rules[i].call, 0, (unsigned char)count);
    memcpy(program + length, body, count * sizeof *body);
    length += count;
  }
  program[length++] = (struct sock_filter)ALLOW;
  return (unsigned short)length;
}

int csandbox_listen(int anywhere) {
  struct sock_filter instructions[longest];
  struct sock_fprog program = {.len = assemble(instructions, anywhere), .filter = instructions};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  int listener = (int)syscall(
      SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
  /* Linux 5.19 is the first that lets a call go on when a signal comes. */
  if (listener < 0 && errno == EINVAL) listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  return listener;
}

int csandbox_hand_over(int socket, int listener) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  memset(&control, 0, sizeof control);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &listener, sizeof listener);
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  int error = errno;
  close(listener);
  close(socket);
  errno = error;
  return sent == 1 ? 0 : -1;
}

int csandbox_take_over(int socket) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  char byte;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t count;
  do count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  struct cmsghdr *header = count == 1 ? CMSG_FIRSTHDR(&message) : NULL;
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
  int listener;
  memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return listener;
}
