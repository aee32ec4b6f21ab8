/* Reads any bytes as a policy: refused with a complaint that can be printed, or a policy that is the same after it was
   written and read again. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csandbox.h"

static void require(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "Fatal error: %s\n", what);
  abort();
}

/* The policy as records. */
struct text {
  char bytes[1 << 18];
  size_t length;
};

#define WRITE(text, ...) \
  ((text)->length += (size_t)snprintf((text)->bytes + (text)->length, sizeof(text)->bytes - (text)->length, __VA_ARGS__) + 1)

static void write_names(struct text *text, const char *word, uint32_t bits, const char *const *names, size_t count) {
  if (!bits) return;
  char list[256] = "";
  for (size_t i = 0; i < count; i++)
    if (bits >> i & 1) snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? "," : "", names[i]);
  WRITE(text, "%s %s", word, list);
}

static void write_policy(struct text *text, const struct csandbox_policy *policy) {
  static const char *const limits[] = {"as", "data", "cpu", "files", "processes", "filesize"};
  static const char *const rights[] = {"read", "write", "device", "hide"};
  static const char *const networks[] = {"none", "outbound", "listed"};
  static const char *const namespaces[] = {"user", "mount", "pid", "net", "ipc"};
  const char *defences[13];
  for (int i = 0; i < 13; i++) defences[i] = csandbox_defence_name(1U << i);
  if (policy->uid != CSANDBOX_ABSENT) WRITE(text, "uid %" PRId64, policy->uid);
  if (policy->gid != CSANDBOX_ABSENT) WRITE(text, "gid %" PRId64, policy->gid);
  for (int i = 0; i < CSANDBOX_LIMITS; i++)
    if (policy->limits[i] != CSANDBOX_ABSENT) WRITE(text, "limit %s %" PRId64, limits[i], policy->limits[i]);
  for (size_t i = 0; i < policy->path_count; i++)
    WRITE(text, "%s %s", rights[policy->paths[i].rights], policy->paths[i].path);
  WRITE(text, "network %s", networks[policy->network]);
  for (size_t i = 0; i < policy->destination_count; i++) {
    const struct csandbox_destination *to = &policy->destinations[i];
    if (to->kind == CSANDBOX_TO_TCP) WRITE(text, "to %s %u", to->host, to->port);
    if (to->kind == CSANDBOX_TO_UNIX) WRITE(text, "to unix %s", to->path);
    if (to->kind == CSANDBOX_TO_ANYWHERE) WRITE(text, "to anywhere");
  }
  write_names(text, "namespaces", policy->namespaces, namespaces, 5);
  for (size_t i = 0; i < policy->cgroup_count; i++) WRITE(text, "cgroup %s", policy->cgroups[i]);
  write_names(text, "require", policy->required, defences, 13);
}

static void check_complaint(const struct csandbox_complaint *complaint) {
  size_t length = strnlen(complaint->text, sizeof complaint->text);
  require(length > 0 && length < sizeof complaint->text, "a refusal without a reason");
  for (size_t i = 0; i < length; i++) require(!iscntrl((unsigned char)complaint->text[i]), "a reason with a control character");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct text first, second;
  char *bytes = malloc(size ? size : 1);
  memcpy(bytes, data, size);
  struct csandbox_policy policy, again;
  struct csandbox_complaint complaint = {{0}};
  if (csandbox_policy_read(bytes, size, &policy, &complaint) != 0) {
    check_complaint(&complaint);
  } else {
    require((policy.uid == CSANDBOX_ABSENT) == (policy.gid == CSANDBOX_ABSENT), "a user without a group");
    first.length = second.length = 0;
    write_policy(&first, &policy);
    require(csandbox_policy_read(first.bytes, first.length, &again, &complaint) == 0, "it can't be read after it was written");
    write_policy(&second, &again);
    require(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0,
            "it reads differently after it was written");
    csandbox_policy_free(&again);
  }
  csandbox_policy_free(&policy);
  free(bytes);
  return 0;
}
