#define _GNU_SOURCE
#include "destinations.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  /* A name is asked for again after so many seconds, */
  fresh = 30,
  /* and a few times more, at most so often, when an address isn't among the known ones, */
  pause_between = 1,
  most_tries = 3,
  /* and an address that it once had stays known so long: answers rotate. */
  remembered = 300,
  most_addresses = 128,
};

/* An address of either family, as IPv6 has it. */
struct place {
  unsigned char bytes[16];
};

struct known {
  struct place place;
  time_t seen;
};

struct rule {
  const char *name; /* NULL: `place` */
  struct place place;
  uint16_t port;
  int is_anywhere;
  pthread_mutex_t lock;
  time_t asked, searched;
  size_t count;
  struct known known[most_addresses];
};

static struct rule *rules;
static size_t rule_count;
static int has_names;

static time_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  return time.tv_sec;
}

static struct place place_of(const struct sockaddr *address) {
  struct place place = {{0}};
  if (address->sa_family == AF_INET) {
    place.bytes[10] = place.bytes[11] = 0xff;
    memcpy(place.bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
  } else {
    memcpy(place.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
  }
  return place;
}

static uint16_t port_of(const struct sockaddr *address) {
  return ntohs(address->sa_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                             : ((const struct sockaddr_in6 *)address)->sin6_port);
}

static int is_same(const struct place *a, const struct place *b) { return memcmp(a, b, sizeof *a) == 0; }

/* A literal address, with or without the brackets and the interface of IPv6. */
static int parse_literal(const char *text, struct place *place) {
  char bare[INET6_ADDRSTRLEN + 1];
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  size_t length = strlen(text);
  if (length > 2 && text[0] == '[' && text[length - 1] == ']') text++, length -= 2;
  const char *interface = memchr(text, '%', length);
  if (interface) length = (size_t)(interface - text);
  if (length >= sizeof bare) return 0;
  memcpy(bare, text, length);
  bare[length] = 0;
  if (inet_pton(AF_INET, bare, &v4.sin_addr) == 1) {
    *place = place_of((struct sockaddr *)&v4);
    return 1;
  }
  if (inet_pton(AF_INET6, bare, &v6.sin6_addr) != 1) return 0;
  *place = place_of((struct sockaddr *)&v6);
  return 1;
}

int csandbox_has_names(const struct csandbox_policy *policy) {
  struct place place;
  for (size_t i = 0; i < policy->destination_count; i++)
    if (policy->destinations[i].kind == CSANDBOX_TO_TCP && !parse_literal(policy->destinations[i].host, &place)) return 1;
  return 0;
}

int csandbox_reaches_anywhere(const struct csandbox_policy *policy) {
  for (size_t i = 0; i < policy->destination_count; i++)
    if (policy->destinations[i].kind == CSANDBOX_TO_ANYWHERE) return 1;
  return 0;
}

int destinations_prepare(const struct csandbox_policy *policy) {
  rules = calloc(policy->destination_count + 1, sizeof *rules);
  if (!rules) return -1;
  rule_count = 0;
  has_names = csandbox_has_names(policy);
  for (size_t i = 0; i < policy->destination_count; i++) {
    const struct csandbox_destination *from = &policy->destinations[i];
    if (from->kind == CSANDBOX_TO_UNIX) continue;
    struct rule *rule = &rules[rule_count++];
    pthread_mutex_init(&rule->lock, NULL);
    rule->port = from->port;
    rule->is_anywhere = from->kind == CSANDBOX_TO_ANYWHERE;
    if (!rule->is_anywhere && !parse_literal(from->host, &rule->place)) rule->name = from->host;
  }
  return 0;
}

static void remember(struct rule *rule, struct place place, time_t time) {
  size_t oldest = 0;
  for (size_t i = 0; i < rule->count; i++) {
    if (is_same(&rule->known[i].place, &place)) {
      rule->known[i].seen = time;
      return;
    }
    if (rule->known[i].seen < rule->known[oldest].seen) oldest = i;
  }
  size_t at = rule->count < most_addresses ? rule->count++ : oldest;
  rule->known[at] = (struct known){place, time};
}

static int is_known(const struct rule *rule, const struct place *place, time_t time) {
  for (size_t i = 0; i < rule->count; i++)
    if (is_same(&rule->known[i].place, place) && time - rule->known[i].seen <= remembered) return 1;
  return 0;
}

/* With the rule's lock: whoever needs the same name waits for the same answer. */
static void resolve(struct rule *rule) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
  int error = getaddrinfo(rule->name, NULL, &hints, &list);
  rule->asked = now();
  if (error) return;
  for (struct addrinfo *one = list; one; one = one->ai_next)
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
      remember(rule, place_of(one->ai_addr), rule->asked);
  freeaddrinfo(list);
}

static int has_address(struct rule *rule, const struct place *place) {
  pthread_mutex_lock(&rule->lock);
  time_t time = now();
  if (!rule->asked || time - rule->asked >= fresh) resolve(rule);
  int known = is_known(rule, place, now());
  /* The caller may have been given other addresses of the name than this process. */
  for (int tries = 0; !known && tries < most_tries && now() - rule->searched >= pause_between; tries++) {
    resolve(rule);
    known = is_known(rule, place, now());
    if (!known && tries == most_tries - 1) rule->searched = now();
  }
  pthread_mutex_unlock(&rule->lock);
  return known;
}

/* The name servers that the C library would ask (resolv.conf(5)). */
static int is_resolver(const struct place *place) {
  FILE *file = fopen("/etc/resolv.conf", "re");
  char line[512], address[256];
  int count = 0, found = 0;
  while (file && !found && fgets(line, sizeof line, file)) {
    struct place server;
    if (sscanf(line, " nameserver %255s", address) != 1) continue;
    count++;
    found = parse_literal(address, &server) && is_same(&server, place);
  }
  if (file) fclose(file);
  struct place local;
  return found || (count == 0 && parse_literal("127.0.0.1", &local) && is_same(&local, place));
}

int destinations_check(const struct sockaddr *address, socklen_t length) {
  if (length < (address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : 24)) return EINVAL;
  struct place place = place_of(address);
  uint16_t port = port_of(address);
  for (size_t i = 0; i < rule_count; i++) {
    struct rule *rule = &rules[i];
    if (rule->is_anywhere) return 0;
    if (!rule->name && rule->port == port && is_same(&rule->place, &place)) return 0;
  }
  if (has_names && port == 53 && is_resolver(&place)) return 0;
  for (size_t i = 0; i < rule_count; i++)
    if (rules[i].name && rules[i].port == port && has_address(&rules[i], &place)) return 0;
  return EACCES;
}

void destinations_text(const struct sockaddr *address, char *text, size_t size) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host, sizeof host);
    snprintf(text, size, "%s:%u", host, port_of(address));
  } else {
    inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host, sizeof host);
    snprintf(text, size, "[%s]:%u", host, port_of(address));
  }
}
